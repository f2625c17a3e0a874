import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startVirtualMachine, type VirtualMachine, type VirtualMachineOptions } from './index.ts'
import { machinePrograms, type Programs } from './programs.ts'

/** A folder for one test. */
export async function testDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'qemu-test-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** The programs under test: those of the tools tree when SLIPWAY_TOOLS_ROOT names one, else PATH's. */
export function testPrograms(): Programs {
  const root = process.env.SLIPWAY_TOOLS_ROOT
  return root ? sandboxPrograms(root) : machinePrograms()
}

/** Programs run inside a sandbox, as from a tools tree; `/` is a tree too. */
export function sandboxPrograms(root: string): Programs {
  const base = root.replace(/\/$/, '')
  return {
    command: (name, args) => [
      'bwrap',
      [
        ['--die-with-parent', '--unshare-pid', '--ro-bind', `${base}/usr`, '/usr'],
        ['bin', 'sbin', 'lib', 'lib64'].flatMap((link) => ['--symlink', `usr/${link}`, `/${link}`]),
        ['--proc', '/proc', '--dev', '/dev', '--bind', tmpdir(), tmpdir(), '--', name],
        args,
      ].flat(),
    ],
    firmware: {
      code: '/usr/share/OVMF/OVMF_CODE_4M.fd',
      vars: '/usr/share/OVMF/OVMF_VARS_4M.fd',
    },
  }
}

/** A disk image with the guest of test-guest.S. */
export async function writeTestGuest(path: string): Promise<void> {
  const disk = Buffer.alloc(1 << 20)
  Buffer.from(bootSector.replaceAll('\n', ''), 'hex').copy(disk)
  disk.writeUInt16LE(0xaa55, 510)
  await writeFile(path, disk)
}

/** Starts the guest of test-guest.S; whatever the test does, the machine is gone after it. */
export async function startTestGuest(
  context: TestContext,
  directory: string,
  options: Partial<VirtualMachineOptions> = {},
): Promise<VirtualMachine> {
  const image = join(directory, 'guest.raw')
  await writeTestGuest(image)
  const machine = await startVirtualMachine({
    boot: { from: 'bios' },
    programs: testPrograms(),
    acceleration: 'tcg',
    memoryMiB: 64,
    cpus: 1,
    disks: [{ image }],
    directory: join(directory, 'machines'),
    ...options,
  })
  context.after(() => machine.kill())
  return machine
}

/** test-guest.S, assembled, without the zeroes and the boot signature at its end. */
const bootSector = `
31c08ed88ec08ed0bc00708816417dbafb03b003eeb402e8b600fe060080b403e8ad00be177de8d0
00a000800430e8d500e8d000b81900e8a700e8aa006689d9e8a4006689dfe89e0066c1eb1089dde8
95006681f32f74706f9c51b93400ece2fd599d7404e2d9eb1989e8e87300be1d7de8850089f9ba11
05ece88900e2f7e88200be257de87100ba0206b80001efba0006eda900017519bafd03eca80174ef
baf803ec3c5274203c537414e85700ebdebe2c7de84200ba0406b80020efebfebe3a7de83300ebfe
baf90cb006eeebfeb001bb0080b902008a16417db600cd13c3ba1005ef42c3ba110551b9040066c1
e308ec88c3e2f759c3ac84c07405e80500ebf6c3b00a5250bafd03eca82074fb58baf803ee5ac362
6f6f74200066775f636667200072656164790a00706f77657220627574746f6e0a00737475636b0a
`
