import loadAssembler from 'wabt';

/** WebAssembly bytes of a text in its assembly language. */
export async function assembleKernel(source: string): Promise<Uint8Array> {
  const { parseWat } = await loadAssembler();
  const module = parseWat('kernel.wat', source, { simd: true });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
