import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { qemuErrors } from '../errors/qemu.ts'

/**
 * Where QEMU comes from. Paths in arguments are this machine's: whoever runs the programs inside a
 * sandbox shows them the same paths (the images, the folder of `directory`, the firmware, /dev/kvm).
 */
export type Programs = {
  /** What to run for `qemu-system-x86_64`, `qemu-img` or `swtpm` with these arguments. */
  command(name: string, args: string[]): [file: string, args: string[]]
  /** UEFI firmware: its code, and the template of its variables; both raw. */
  readonly firmware: { readonly code: string; readonly vars: string }
}

/** Debian's names of the firmware files; the 4M ones replaced the smaller ones in Debian 12. */
const firmwareFiles = [
  { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', vars: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
  { code: '/usr/share/OVMF/OVMF_CODE.fd', vars: '/usr/share/OVMF/OVMF_VARS.fd' },
]

const packageOfProgram: Readonly<Record<string, string>> = {
  'qemu-img': 'qemu-utils',
  'qemu-system-x86_64': 'qemu-system-x86',
  setpriv: 'util-linux',
  swtpm: 'swtpm',
}

/**
 * The programs installed on this machine. `command` throws SLIPWAY_QEMU_PROGRAM_MISSING, `firmware`
 * SLIPWAY_QEMU_FIRMWARE_MISSING, when they are used and not there.
 */
export function machinePrograms(): Programs {
  return {
    command: (name, args) => [findProgram(name), args],
    get firmware() {
      const found = firmwareFiles.find(({ code, vars }) => existsSync(code) && existsSync(vars))
      if (found) return found
      throw qemuErrors.error('SLIPWAY_QEMU_FIRMWARE_MISSING', {
        paths: firmwareFiles.map(({ code }) => code).join(', '),
      })
    },
  }
}

/** Path of a program on PATH; throws SLIPWAY_QEMU_PROGRAM_MISSING with the package that brings it. */
export function findProgram(name: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const found = folders.map((folder) => join(folder, name)).find(isExecutable)
  if (found) return found
  throw qemuErrors.error('SLIPWAY_QEMU_PROGRAM_MISSING', {
    program: name,
    package: packageOfProgram[name] ?? name,
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
