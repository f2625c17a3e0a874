import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { runInSandbox } from '../src/pipeline/sandbox.ts'
import { inMachineTree } from '../src/start/programs.ts'
import type { Laboratory } from './host.ts'

/** Content by path on the drive. */
type Files = Readonly<Record<string, string>>

/** With the long names of Joliet and Rock Ridge, as the tools of NoCloud and of hypervisors make them. */
export const isoWithLongNames = ['-joliet', '-rock']

/** As Azure's: those who ask for UDF see a UDF file system. */
export const udf = ['-udf']

/** Makes the image of a CD: its path. */
export async function cdImage(
  { tree, directory }: Laboratory,
  { label, files, format }: { label: string; files: Files; format: readonly string[] },
): Promise<string> {
  const content = await contentOf(files, directory)
  const image = `${content}.iso`
  const options = ['-quiet', ...format, '-volid', label, '-output', image]
  const [file, parameters] = inMachineTree(tree, 'genisoimage', [...options, content])
  await promisify(execFile)(file, parameters)
  return image
}

/** Makes the image of a disk that is a vfat file system as a whole: its path. */
export async function vfatImage(
  { image: built, directory }: Laboratory,
  { label, files }: { label: string; files: Files },
): Promise<string> {
  const content = await contentOf(files, directory)
  const image = `${content}.vfat`
  await writeFile(image, '')
  await truncate(image, 8 << 20)
  const run = (program: string, parameters: string[]) =>
    runInSandbox(built.tools.files.trees, { writable: [directory] }, program, parameters)
  await run('mkfs.vfat', ['-n', label, image])
  const names = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))]
  await run('mcopy', ['-s', '-i', image, ...names.map((name) => join(content, name)), '::'])
  return image
}

async function contentOf(files: Files, directory: string): Promise<string> {
  const content = await mkdtemp(join(directory, 'drive-'))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(content, path)), { recursive: true })
    await writeFile(join(content, path), text)
  }
  return content
}

/** QEMU's arguments for a medium, and the device that has it in. */
export function withMedium(image: string, device: readonly string[]): string[] {
  const medium = {
    'node-name': 'medium',
    driver: 'raw',
    'read-only': true,
    file: { driver: 'file', filename: image },
  }
  return ['-blockdev', JSON.stringify(medium), ...device.flatMap((each) => ['-device', each])]
}

/** Devices, each with what it hangs on. */
export const onVirtioScsi = ['virtio-scsi-pci', 'scsi-cd,drive=medium']
export const onSata = ['ide-cd,drive=medium,bus=ide.0']
export const asDisk = ['virtio-blk-pci,drive=medium']
export const asStick = ['qemu-xhci', 'usb-storage,drive=medium,removable=on']
