import { readIfThere } from '../assembly/read.ts'
import type { Provider } from './provider.ts'

/** NVIDIA BlueField: the boot FIFO that the driver mlxbf_bootctl shows. */
export function nvidiabluefieldProvider(
  path = '/sys/bus/platform/devices/MLNXBF04:00/bootfifo',
): Provider {
  return {
    fetch: async () => {
      const text = readIfThere(path)
        ?.toString('latin1')
        .replace(/^\0+|\0+$/g, '')
      return text ? { source: 'bootfifo', data: Buffer.from(text, 'latin1') } : undefined
    },
  }
}
