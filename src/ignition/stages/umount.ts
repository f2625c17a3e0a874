import { join } from 'node:path'
import { runProgram } from '../disks/program.ts'
import { eachMount, mountedAt } from './mount.ts'
import type { FetchedConfig, Stage } from './stage.ts'

/** Unmounts what the mount stage mounted, the deepest first; what is not mounted is left alone. */
export const umountStage: Stage<FetchedConfig, void> = (context, fetched) =>
  eachMount(
    context,
    fetched,
    (steps) => steps.toReversed(),
    async ({ path }, root, log) => {
      const target = join(root.directory, path).replace(/(?<=.)\/+$/, '')
      if (mountedAt(target) === undefined) return
      log.info(`unmounting ${path}`)
      await runProgram('umount', [target])
    },
  )
