import { join } from 'node:path'
import { mountedAt } from '../disks/mounted-at.ts'
import { runProgram } from '../disks/program.ts'
import { clear } from '../other-root/furnish.ts'
import { isRoot } from '../other-root/root-filesystem.ts'
import { eachMount } from './mount.ts'
import type { FetchedConfig, Stage } from './stage.ts'

/** Unmounts what the mount stage mounted, the deepest first; what is not mounted is left alone. */
export const umountStage: Stage<FetchedConfig, void> = (context, fetched) =>
  eachMount(
    context,
    fetched,
    (steps) => steps.toReversed(),
    async ({ path }, { target: { directory } }, log) => {
      const target = join(directory, path).replace(/(?<=.)\/+$/, '')
      if (isRoot(path)) await clear(directory)
      if (mountedAt(target) === undefined) return
      log.info(`unmounting ${path}`)
      await runProgram('umount', [target])
    },
  )
