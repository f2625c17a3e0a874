import type { Directories } from '../directories.ts'

/** The files of one volume. */
export type VolumePaths = {
  readonly directory: string
  readonly record: string
  /** Its content, as Docker lays it out. */
  readonly data: string
  /** A copy of the image's content that is under way. */
  readonly copying: string
  /** The finished copy, whose entries are on their way into the content. */
  readonly copied: string
}

export function volumesDirectory({ state }: Pick<Directories, 'state'>): string {
  return `${state}/volumes`
}

export function volumePaths(directories: Pick<Directories, 'state'>, name: string): VolumePaths {
  const directory = `${volumesDirectory(directories)}/${name}`
  return {
    directory,
    record: `${directory}/volume.json`,
    data: `${directory}/_data`,
    copying: `${directory}/_copying`,
    copied: `${directory}/_copied`,
  }
}
