import { join } from 'node:path'
import type { Programs } from '../qemu-runner/index.ts'

/**
 * A program of the machine tree as a command line: it sees this machine's files, devices and network,
 * but runs the tree's code. It ends when we do.
 */
export function inMachineTree(
  tree: string,
  program: string,
  parameters: readonly string[],
): [file: string, parameters: string[]] {
  return [
    'bwrap',
    [
      '--die-with-parent',
      '--dev-bind',
      '/',
      '/',
      '--ro-bind',
      join(tree, 'usr'),
      '/usr',
      '--',
      join('/usr/bin', program),
      ...parameters,
    ],
  ]
}

/**
 * A command line that runs with all the rights that we have, on the programs of a tree. What starts
 * Docker's engine finds its tree by SLIPWAY_ENGINE_ROOT.
 */
export function sandboxedTests(
  { tree, engine }: { readonly tree: string; readonly engine: string },
  program: string,
  parameters: readonly string[],
): [file: string, parameters: string[]] {
  return [
    'bwrap',
    [
      ['--die-with-parent', '--dev-bind', '/', '/', '--ro-bind', join(tree, 'usr'), '/usr'],
      [
        '--cap-add',
        'ALL',
        '--unsetenv',
        'SLIPWAY_TOOLS_ROOT',
        '--setenv',
        'SLIPWAY_ENGINE_ROOT',
        engine,
        '--setenv',
        'PATH',
        '/usr/sbin:/usr/bin:/usr/lib/podman',
      ],
      ['--', program, ...parameters],
    ].flat(),
  ]
}

/** QEMU and the firmware of the machine tree. */
export function qemuPrograms(tree: string): Programs {
  const firmware = join(tree, 'usr/share/OVMF')
  return {
    command: (name, parameters) => inMachineTree(tree, name, parameters),
    firmware: {
      code: join(firmware, 'OVMF_CODE_4M.fd'),
      vars: join(firmware, 'OVMF_VARS_4M.fd'),
    },
  }
}
