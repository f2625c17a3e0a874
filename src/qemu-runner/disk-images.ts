import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ExecaError, execa } from 'execa'
import { qemuErrors } from '../errors/qemu.ts'
import type { Disk } from './options.ts'
import { findProgram, type Programs } from './programs.ts'
import { makeSettledFile } from './settled-file.ts'

/**
 * Makes the qcow2 overlay of a disk at `path`; one that is there already stays as it is. Throws
 * SLIPWAY_QEMU_DISK_FAILED.
 */
export async function makeOverlay(programs: Programs, disk: Disk, path: string): Promise<void> {
  if (await exists(path)) return
  const image = disk.image === undefined ? undefined : resolve(disk.image)
  await explained(image ?? 'nothing', path, () =>
    makeSettledFile(path, async (temporary) => {
      for (const parameters of overlaySteps({ ...disk, ...(image && { image }) }, temporary))
        await qemuImg(programs, parameters)
    }),
  )
}

/**
 * Makes the file of the firmware's variables from its template, as qcow2; one that is there already
 * stays as it is. Throws SLIPWAY_QEMU_DISK_FAILED.
 */
export async function makeVariables(programs: Programs, path: string): Promise<void> {
  if (await exists(path)) return
  const template = programs.firmware.vars
  await explained(template, path, () =>
    makeSettledFile(path, (temporary) =>
      qemuImg(programs, ['convert', '-f', 'raw', '-O', 'qcow2', template, temporary]),
    ),
  )
}

/** The qemu-img commands that make an overlay. */
export function overlaySteps(disk: Disk, path: string): string[][] {
  if (disk.image === undefined) return [['create', '-q', '-f', 'qcow2', path, `${disk.sizeBytes}`]]
  const format = disk.format ?? 'raw'
  const create = ['create', '-q', '-f', 'qcow2', '-F', format, '-b', disk.image, path]
  // Growing is a step of its own: `create` would cut an image that is larger than the size asked for.
  const grow = ['resize', '-q', '-f', 'qcow2', path, `${disk.sizeBytes}`]
  return disk.sizeBytes === undefined ? [create] : [create, grow]
}

async function qemuImg(programs: Programs, parameters: string[]): Promise<void> {
  const [file, all] = programs.command('qemu-img', parameters)
  await execa(file, all, { stdin: 'ignore', env: { LC_ALL: 'C' } })
}

async function explained(image: string, overlay: string, make: () => Promise<void>): Promise<void> {
  try {
    await make()
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error
    if (error.code === 'ENOENT') findProgram(error.command.split(' ')[0] ?? '')
    const output = String(error.stderr || error.shortMessage).trim()
    throw qemuErrors.error('SLIPWAY_QEMU_DISK_FAILED', { overlay, image, output }, error)
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
