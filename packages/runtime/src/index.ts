export { writeFileAtomically } from './atomic-file.ts';
export { openCheckpointFolder, type CheckpointFolder } from './checkpoint-folder.ts';
export { openCheckpointTensors, type CheckpointTensors } from './checkpoint-tensors.ts';
export { openSafetensors, type RawTensor, type SafetensorsFile } from './safetensors.ts';
export type { SafetensorsEntry, SafetensorsHeader, SafetensorsType } from './safetensors-header.ts';
export { createTokenizer } from './tokenizer.ts';
export { writeSafetensors, type WritableTensors } from './write-safetensors.ts';
