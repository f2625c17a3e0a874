import { diskFormatStage } from './stage.ts'

/**
 * A qcow2 to be sent about, of less than half the size. By zlib, which every reader of qcow2 knows. In order, without
 * qemu-img's `-W`: a compressed cluster lies where the one before ended, and with it other bytes come each time.
 */
export const compressedQcow2Stage = diskFormatStage({
  format: 'qcow2-compressed',
  title: 'Convert to compressed qcow2',
  source: import.meta.filename,
  convert: ({ raw, target, qemuImg }) => {
    const options = 'compression_type=zlib'
    return qemuImg([
      'convert',
      '-f',
      'raw',
      '-O',
      'qcow2',
      '-c',
      '-o',
      options,
      '-m',
      '1',
      raw,
      target,
    ])
  },
})
