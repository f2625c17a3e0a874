import { copyFile, mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { derivedUuid, slotUuids } from '../disk/identifiers.ts'
import { buildErrors } from '../errors/build.ts'
import type { SlotSizes } from '../image/definition.ts'
import { runInSandbox } from './sandbox.ts'
import type { Result, Stage } from './stage.ts'
import type { UsrFacts } from './usr.ts'

type Inputs = {
  tools: Result<'trees', null>
  usr: Result<'image' | 'hashTree', UsrFacts>
  uki: Result<'uki', { sizeBytes: number }>
  slots: SlotSizes
  version: string
  seed: string
  epoch: number
}

/** Tries that a freshly written boot entry has before it counts as bad. */
const BOOT_TRIES = 3

/**
 * Assembles the disk: ESP with systemd-boot and the UKI, and slot A. Slot B and root are made at the
 * first boot, so that the image stays small.
 */
export const diskStage: Stage<Inputs, 'raw' | 'bootLoader', { sizeBytes: number }> = {
  name: 'disk',
  title: 'Assemble the disk',
  source: import.meta.filename,
  files: { raw: 'disk.raw', bootLoader: 'systemd-bootx64.efi' },
  // Most of its gigabytes are holes: to read them takes longer than to make them.
  digestOf: 'inputs',
  run: async ({ tools, usr, uki, slots, version, seed, epoch }, work) => {
    const [definitions, esp] = [join(work.scratch, 'repart.d'), join(work.scratch, 'esp')]
    const boot = join(esp, 'EFI/BOOT/BOOTX64.EFI')
    const bootLoader = join(tools.files.trees, 'usr/lib/systemd/boot/efi/systemd-bootx64.efi')
    for (const folder of ['EFI/BOOT', 'EFI/systemd', 'EFI/Linux', 'loader'])
      await mkdir(join(esp, folder), { recursive: true })
    await mkdir(definitions)
    await copyFile(bootLoader, boot)
    await copyFile(bootLoader, join(work.directory, 'systemd-bootx64.efi'))
    await copyFile(bootLoader, join(esp, 'EFI/systemd/systemd-bootx64.efi'))
    await copyFile(uki.files.uki, join(esp, `EFI/Linux/slipway_${version}+${BOOT_TRIES}.efi`))
    await writeFile(join(esp, 'loader/loader.conf'), 'timeout 0\neditor no\n')
    await setTimes(esp, epoch)
    refuseOverflow(uki.facts.sizeBytes, slots.espSizeMiB)
    for (const [name, text] of Object.entries(partitions({ usr, slots, version, seed, esp })))
      await writeFile(join(definitions, `${name}.conf`), text)
    const raw = join(work.directory, 'disk.raw')
    await runInSandbox(
      tools.files.trees,
      {
        writable: [work.directory, work.scratch],
        readable: [usr.directory],
        signal: work.signal,
        env: { SOURCE_DATE_EPOCH: String(epoch), TMPDIR: work.scratch },
        doing: 'assembling the disk',
      },
      'systemd-repart',
      [
        '--empty=create',
        '--size=auto',
        '--offline=yes',
        // Firmware cannot read a vfat of larger sectors than its disk has.
        '--sector-size=512',
        '--dry-run=no',
        '--no-pager',
        `--seed=${seed}`,
        `--definitions=${definitions}`,
        raw,
      ],
    )
    return { sizeBytes: (await stat(raw)).size }
  },
}

/** The ESP's files keep their times, which must not be those of the build. */
async function setTimes(directory: string, epochSeconds: number): Promise<void> {
  const below = await readdir(directory, { recursive: true })
  for (const path of ['.', ...below])
    await utimes(join(directory, path), epochSeconds, epochSeconds)
}

type Layout = Pick<Inputs, 'usr' | 'slots' | 'version' | 'seed'> & { esp: string }

/** Definitions in the format of repart.d(5), by name. */
function partitions({ usr, slots, version, seed, esp }: Layout): Record<string, string> {
  const uuids = slotUuids(usr.facts.rootHash)
  const label = `slipway_${version}`
  const partition = (type: string, sizeMiB: number, lines: string[]) =>
    [
      '[Partition]',
      `Type=${type}`,
      `SizeMinBytes=${sizeMiB}M`,
      `SizeMaxBytes=${sizeMiB}M`,
      ...lines,
      '',
    ].join('\n')
  return {
    '10-esp': partition('esp', slots.espSizeMiB, [
      'Format=vfat',
      'Label=esp',
      `UUID=${derivedUuid(seed, 'esp')}`,
      `CopyFiles=${esp}:/`,
    ]),
    '20-usr': partition('usr', slots.usrSizeMiB, [
      `Label=${label}`,
      `UUID=${uuids.data}`,
      `CopyBlocks=${usr.files.image}`,
      'ReadOnly=yes',
    ]),
    '30-usr-verity': partition('usr-verity', slots.veritySizeMiB, [
      `Label=${label}`,
      `UUID=${uuids.verity}`,
      `CopyBlocks=${usr.files.hashTree}`,
      'ReadOnly=yes',
    ]),
    // Kept for the signature of the root hash, so that adding one moves no partition.
    '40-usr-verity-sig': partition('usr-verity-sig', slots.signatureSizeMiB, [
      'Label=_empty',
      `UUID=${derivedUuid(seed, 'usr-verity-sig')}`,
      'ReadOnly=yes',
    ]),
  }
}

function refuseOverflow(ukiBytes: number, espSizeMiB: number): void {
  // Two UKIs must fit, or the first update could not be written beside what runs.
  const contentMiB = Math.ceil((2 * ukiBytes) / (1 << 20)) + 4
  if (contentMiB > espSizeMiB)
    throw buildErrors.error('SLIPWAY_BUILD_SLOT_TOO_SMALL', {
      content: 'two UKIs and the boot loader',
      contentMiB,
      partitionMiB: espSizeMiB,
      field: 'slots.espSizeMiB',
    })
}
