import type { ModelGraph } from '@mmhs/core';
import { decodeModel, encodeModel, type OnnxModel } from '@mmhs/graph';

import type { Device } from './messages.ts';
import { writeOutNormStatistics } from './norm-statistics.ts';

/** TensorProto.DataLocation.EXTERNAL. */
const externalLocation = 1;

/**
 * Turns inputs into initialisers whose bytes are external data named after the input. On a GPU provider an input would cross
 * the bus at each run; an initialiser does once. On the CPU initialisers are packed once for their products.
 */
function makeInitializers(model: OnnxModel, names: ReadonlySet<string>): void {
  for (const { name, type } of model.graph.input) {
    if (!names.has(name)) continue;
    const dims = type.tensorType.shape.dim.map(({ dimValue }) => dimValue ?? 0);
    model.graph.initializer.push({
      name,
      dims,
      dataType: type.tensorType.elemType,
      externalData: [{ key: 'location', value: name }],
      dataLocation: externalLocation,
    });
  }
  model.graph.input = model.graph.input.filter(({ name }) => !names.has(name));
}

/** The model as a session of a device takes it, with the named inputs as initialisers. */
export function adaptModel(options: { readonly graph: ModelGraph; readonly device: Device; readonly initializers: ReadonlySet<string> }): Uint8Array {
  const { graph, device, initializers } = options;
  if (device === 'cpu' && initializers.size === 0) return graph.model;
  const model = decodeModel(graph.model);
  makeInitializers(model, initializers);
  return encodeModel(device === 'cpu' ? model : writeOutNormStatistics(model));
}

/** A model that copies one number, to try a device with. */
export function probeModel(): Uint8Array {
  const value = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } } });
  return encodeModel({
    irVersion: 9,
    producerName: 'mmhs',
    opsetImport: [{ domain: '', version: 20 }],
    graph: {
      name: 'probe',
      node: [{ input: ['x'], output: ['y'], name: 'neg', opType: 'Neg', domain: '', attribute: [] }],
      initializer: [],
      input: [value('x')],
      output: [value('y')],
    },
  });
}
