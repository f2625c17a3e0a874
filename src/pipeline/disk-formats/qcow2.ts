import { diskFormatStage } from './stage.ts'

/**
 * What QEMU, KVM and OpenStack boot, not compressed, so that it boots quickly. One read at a time, in order: the
 * places of clusters in the image follow from the order of the writes.
 */
export const qcow2Stage = diskFormatStage({
  format: 'qcow2',
  title: 'Convert to qcow2',
  source: import.meta.filename,
  convert: ({ raw, target, qemuImg }) =>
    qemuImg(['convert', '-f', 'raw', '-O', 'qcow2', '-m', '1', raw, target]),
})
