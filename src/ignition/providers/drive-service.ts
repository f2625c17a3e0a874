import { type DriveRequest, readFromDevice } from '../drives/drive.ts'
import type { ProvidedConfig, ProviderContext } from './provider.ts'
import type { Way } from './race.ts'

export type LabelledDrive = Pick<DriveRequest, 'paths' | 'accepts'> & {
  readonly label: string
  /** Where udev shows file systems by their labels. */
  readonly directory?: string
}

/** How long a drive may take to appear that the platform always brings. */
export const driveMs = 5 * 60_000

/** Reads a file of the file system with a label, once it is there; undefined when it has none. */
export async function readDrive(
  { label, paths, accepts, directory = '/dev/disk/by-label' }: LabelledDrive,
  { log }: ProviderContext,
  signal: AbortSignal,
): Promise<ProvidedConfig | undefined> {
  const content = await readFromDevice({
    devices: [`${directory}/${label}`],
    paths,
    log,
    signal,
    ...(accepts === undefined ? {} : { accepts }),
  })
  return content?.data && { source: `user data on the drive ${label}`, data: content.data }
}

/** The same, as a way among others; it does not hold them up for ever. */
export function driveWay(drive: LabelledDrive, context: ProviderContext): Way {
  return {
    name: `drive ${drive.label}`,
    ask: (signal) => readDrive(drive, context, patience(driveMs, { ...context, signal })),
  }
}

/** Ends waiting: after a time, or with the context. */
export function patience(
  milliseconds: number,
  { signal }: Pick<ProviderContext, 'signal'>,
): AbortSignal {
  const limit = AbortSignal.timeout(milliseconds)
  return signal === undefined ? limit : AbortSignal.any([limit, signal])
}
