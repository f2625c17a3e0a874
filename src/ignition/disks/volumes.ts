import { ignitionDiskErrors } from '../../errors/ignition-disks.ts'
import type { Log } from '../log.ts'
import { bindToTang } from './bind-tang.ts'
import { openBound, openByTpm } from './bound-volume.ts'
import { withKeyFile } from './key-file.ts'
import { deviceAt, waitForDevice } from './look.ts'
import { hasProgram, runProgram } from './program.ts'
import type {
  BindTangStep,
  EnrollTpmStep,
  FormatVolumeStep,
  OpenVolumeStep,
  RemoveKeyStep,
} from './step.ts'
import type { TangAccess } from './tang-servers.ts'
import { settle } from './udev.ts'

/** The key of each volume by its name; none for one that only what it is bound to opens by now. */
export type VolumeKeys = ReadonlyMap<string, Buffer>

/** Of volumes that tang servers open, and of what is said meanwhile. */
export type VolumeAccess = { readonly tang: TangAccess; readonly log: Pick<Log, 'info'> }

type VolumeStep = FormatVolumeStep | OpenVolumeStep | EnrollTpmStep | BindTangStep | RemoveKeyStep

/** Carries out a step of an encrypted volume. Keys go through pipes, never onto a command line. */
export async function carryOutVolumeStep(
  step: VolumeStep,
  keys: VolumeKeys,
  access: VolumeAccess = noAccess,
): Promise<void> {
  const key = keys.get(step.name)
  switch (step.kind) {
    case 'format-volume':
      await close(step)
      await cryptsetup(step.parameters, key)
      return settle(step.device)
    case 'open-volume':
      return open(step, key, access)
    case 'enroll-tpm':
      return enroll(step, key)
    case 'bind-tang':
      return bindToTang(step, key, access.tang)
    case 'remove-key':
      await cryptsetup(['luksRemoveKey', '--batch-mode', step.device, '--key-file', '-'], key)
      return settle(step.device)
  }
}

/** Where no volume is bound to a server. */
const noAccess: VolumeAccess = {
  tang: {
    advertisements: new Map(),
    ask: () => Promise.reject(new TypeError('no server is asked here')),
    openTpm: () => Promise.reject(new TypeError('no TPM is asked here')),
  },
  log: { info: () => undefined },
}

function cryptsetup(parameters: readonly string[], key: Buffer | undefined): Promise<unknown> {
  return runProgram('cryptsetup', parameters, key === undefined ? {} : { input: key })
}

async function open(
  { device, name, parameters }: OpenVolumeStep,
  key: Buffer | undefined,
  { tang, log }: VolumeAccess,
) {
  if (deviceAt(mapped(name)) !== undefined) return refuseOther(device, name)
  await loadModule('dm_crypt')
  if (key === undefined) await openBound(device, name, { holders: tang, log })
  else
    await cryptsetup(
      ['open', '--type', 'luks2', device, name, '--key-file', '-', ...parameters],
      key,
    )
  await waitForDevice(mapped(name))
  await settle(device)
}

/** A name that is taken may be taken by this very volume, from an earlier run of the same boot. */
async function refuseOther(device: string, name: string): Promise<void> {
  const { output } = await runProgram('cryptsetup', ['status', name])
  const [, under] = /^\s*device:\s*(\S+)/m.exec(output.toString('utf8')) ?? []
  if (under === undefined || deviceAt(under) !== deviceAt(device))
    throw ignitionDiskErrors.error('SLIPWAY_IGNITION_VOLUME_NAME', { name })
}

async function close({ name }: { readonly name: string }): Promise<void> {
  if (deviceAt(mapped(name)) !== undefined) await runProgram('cryptsetup', ['close', name])
}

/**
 * Adds a key that the TPM holds, bound to no register, as clevis does unless told otherwise; then
 * opens the volume by it, so that one that would not open is found now.
 */
async function enroll({ device, name }: EnrollTpmStep, key: Buffer | undefined): Promise<void> {
  if (key === undefined) throw new TypeError('a volume is bound while its key is known')
  await withKeyFile(key, (file) => {
    const options = ['--tpm2-device=auto', '--tpm2-pcrs=', `--unlock-key-file=${file}`]
    return runProgram('systemd-cryptenroll', [...options, device])
  })
  await close({ name })
  await openByTpm(device, name)
  await waitForDevice(mapped(name))
}

function mapped(name: string): string {
  return `/dev/mapper/${name}`
}

/**
 * Loads a module from the host's /usr: the kernel itself would look into the initrd. A kernel that
 * has it built in, or lacks it, shows in what comes next.
 */
export async function loadModule(module: string): Promise<void> {
  if (hasProgram('modprobe')) await runProgram('modprobe', ['--quiet', module], { accept: [0, 1] })
}
