import { MmhsError } from '@mmhs/core';
import type { Device } from './messages.ts';

const needs: Readonly<Record<Device, { readonly expected: string; readonly fix: string }>> = {
  cpu: {
    expected: 'a platform that onnxruntime-node has binaries for (Linux, macOS and Windows on x64 or arm64)',
    fix: 'reinstall onnxruntime-node for this platform',
  },
  webgpu: {
    expected: 'a GPU with a Vulkan, Metal or Direct3D 12 driver (not on Linux arm64)',
    fix: 'install the driver, or point VK_DRIVER_FILES to a software Vulkan driver, or use the device cpu',
  },
  cuda: {
    expected: 'Linux x64 with an NVIDIA driver, CUDA 12, cuDNN 9 and the CUDA provider of onnxruntime-node',
    fix:
      'run the post-install script of onnxruntime-node, which fetches the provider (`node script/install` in its folder; ' +
      'with pnpm, list it in onlyBuiltDependencies), or use the device cpu',
  },
};

/** The error for a device that does not work here: what is missing and how to get it. */
export function deviceError(device: Device, got: string): MmhsError {
  return new MmhsError('MMHS_RUNTIME_DEVICE', `The device ${device} is not usable`, { where: device, got, ...needs[device] });
}
