import { join } from 'node:path'
import { Command } from 'commander'
import { interruption } from './interruption.ts'
import { cache, project } from './project.ts'
import { setUp } from './setup.ts'

type Options = { only?: string; skipPeer?: true; quick?: true; updatesFrom?: string[] }

export function benchCommand(): Command {
  return new Command('bench')
    .description(
      'Measure build, size, boot, provisioning, memory, updates and the container engine, beside mkosi, casync, RAUC, dockerd and podman.',
    )
    .option('--only <part>', 'build, sizes, boot, provisioning, memory, updates or engine')
    .option('--skip-peer', 'leave all of these out')
    .option('--quick', 'one sample of each figure instead of three')
    .option(
      '--updates-from <builds...>',
      'measure nothing but what an update to build/qemu downloads from these older builds',
    )
    .action(async (options: Options) => {
      if (options.updatesFrom !== undefined) {
        const { compareBuilds, comparisonTable } = await import('../../bench/compare-builds.ts')
        const updates = await compareBuilds(options.updatesFrom, join(project, 'build/qemu'))
        process.stdout.write(comparisonTable(updates))
        return
      }
      const { runBench } = await import('../../bench/main.ts')
      const signal = interruption()
      const say = (text: string) => process.stderr.write(`bench: ${text}\n`)
      await setUp(signal, say, options.skipPeer ? [] : ['mmdebstrap'])
      await runBench({ project, cache, signal, ...options })
    })
}
