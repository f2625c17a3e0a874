import { hostTpm } from '../../clevis/tpm/host-tpm.ts'
import type { Config } from '../../ignition-schema/index.ts'
import { trustAuthorities } from '../assembly/authorities.ts'
import { foresee } from '../disks/foresee.ts'
import { type Layout, refuseFindings } from '../disks/layout.ts'
import { makeFilesystems } from '../disks/make-filesystems.ts'
import { openVolumes } from '../disks/open-volumes.ts'
import { partitionDisks, planDisks } from '../disks/partition-disks.ts'
import { makerOf } from '../disks/plan-filesystem.ts'
import { opensByTpm } from '../disks/plan-volume.ts'
import { requireProgram } from '../disks/program.ts'
import { requireTpm } from '../disks/require-tpm.ts'
import { startArrays } from '../disks/start-arrays.ts'
import { askTang, readAdvertisements } from '../disks/tang-servers.ts'
import { keepKeys, volumeKeys } from '../disks/volume-keys.ts'
import { KeptInJournal } from '../kept.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { Journal } from '../steps/journal.ts'
import { openFetched } from './fetched-config.ts'
import type { FetchedConfig, Stage } from './stage.ts'

/**
 * Lays out disks: partitions, arrays, encrypted volumes, file systems, in this order. May be
 * repeated after a power loss. Throws DisksRefusedError, before anything is changed where that can
 * be known, when a disk holds what the config does not give up.
 */
export const disksStage: Stage<FetchedConfig, void> = async ({ root, log, fetcher }, fetched) => {
  if (fetched === undefined) return
  const parsed = openFetched(fetched)
  const { config } = parsed
  if (config === undefined) throw new ConfigRefusedError(parsed.problems)
  const { disks = [], raid = [], luks = [], filesystems = [] } = config.storage ?? {}
  if (disks.length + raid.length + luks.length + filesystems.length === 0) return
  requirePrograms(config)
  const records = new Journal(root)
  await trustAuthorities(config, parsed, fetcher)
  const keySources = { parsed, root, records, fetcher }
  const { keys, findings: keyFindings } = await volumeKeys(luks, keySources)
  // As at every boot later, when the config is not there to tell of proxies and authorities.
  const plain = fetcher.withoutSettings()
  const advertisements = await readAdvertisements(luks, { parsed, records, fetcher: plain })
  const openTpm = hostTpm()
  await requireTpm(luks, openTpm, { parsed, records })
  const tang = { advertisements, ask: askTang(plain), openTpm }
  const kept = new KeptInJournal(records)
  const layout: Layout = { parsed, log, records, kept, made: new Set(), keys, tang }
  const { planned, findings } = await planDisks(disks, layout)
  for (const { written } of planned) for (const guid of written.made) layout.made.add(guid)
  const foreseen = await foresee(config, planned, layout)
  refuseFindings([...keyFindings, ...findings, ...foreseen], layout)
  await partitionDisks(planned, layout)
  await startArrays(raid, layout)
  keepKeys(luks, root, keys)
  await openVolumes(luks, layout)
  await makeFilesystems(filesystems, layout)
}

/** Before anything is changed: a program that the image lacks would stop half of the work. */
function requirePrograms({ storage }: Config): void {
  const { disks = [], raid = [], luks = [], filesystems = [] } = storage ?? {}
  const makers = filesystems.flatMap(({ format }) => makerOf(format ?? '') ?? [])
  const programs = [
    ...['blkid', 'wipefs'],
    ...(disks.length > 0 ? ['lsblk', 'sfdisk', 'partx'] : []),
    ...(raid.length > 0 ? ['mdadm'] : []),
    ...(luks.length > 0 ? ['cryptsetup'] : []),
    ...(luks.some(opensByTpm) ? ['systemd-cryptenroll'] : []),
    ...makers,
  ]
  for (const program of programs) requireProgram(program)
}
