import { join } from 'node:path'
import { Command } from 'commander'
import { interruption } from './interruption.ts'
import { cache, project } from './project.ts'
import { setUp } from './setup.ts'

type Options = { only?: string; skipPeer?: true; quick?: true; updatesFrom?: string[] }

export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure build, size, boot and memory, beside an image made by mkosi.')
    .option('--only <part>', 'build, boot, memory or sizes')
    .option('--skip-peer', 'leave mkosi out')
    .option('--quick', 'one boot each instead of three')
    .option(
      '--updates-from <builds...>',
      'measure nothing but what an update to build/qemu downloads from these older builds',
    )
    .action(async (options: Options) => {
      if (options.updatesFrom !== undefined) {
        const { measureUpdates, updatesTable } = await import('../../bench/measure-updates.ts')
        const updates = await measureUpdates(options.updatesFrom, join(project, 'build/qemu'))
        process.stdout.write(updatesTable(updates))
        return
      }
      const { runBench } = await import('../../bench/main.ts')
      const signal = interruption()
      const say = (text: string) => process.stderr.write(`bench: ${text}\n`)
      await setUp(signal, say, options.skipPeer ? [] : ['mmdebstrap'])
      await runBench({ project, cache, signal, ...options })
    })
}
