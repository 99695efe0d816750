/**
 * The module path by which versions 4.52 to 4.57 of the reference know a tensor in memory, from the names in checkpoints
 * and adapters of any version.
 *
 * | version | language model | tower | projector |
 * |---|---|---|---|
 * | canonical | `model.language_model.` | `model.vision_tower.vision_model.` | `model.multi_modal_projector.` |
 * | hub, before 4.52 | `language_model.model.` | `vision_tower.vision_model.` | `multi_modal_projector.` |
 * | saved by 5 | `language_model.model.` | `vision_tower.` | `multi_modal_projector.` |
 * | adapters of 5 | `model.language_model.` | `model.vision_tower.` | `model.multi_modal_projector.` |
 */
export function canonicalName(name: string): string {
  return name
    .replace(/^language_model\.lm_head\./, 'lm_head.')
    .replace(/^language_model\.(?:model\.)?/, 'model.language_model.')
    .replace(/^(?=vision_tower\.|multi_modal_projector\.)/, 'model.')
    .replace(/^model\.vision_tower\.(?!vision_model\.)/, 'model.vision_tower.vision_model.');
}
