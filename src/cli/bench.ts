import { Command } from 'commander'
import { cache, project } from './project.ts'

export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure build, size, boot and memory, beside an image made by mkosi.')
    .option('--only <part>', 'build, boot, memory or sizes')
    .option('--skip-peer', 'leave mkosi out')
    .option('--quick', 'one boot each instead of three')
    .action(async (options: { only?: string; skipPeer?: true; quick?: true }) => {
      const { runBench } = await import('../../bench/main.ts')
      await runBench({ project, cache, ...options })
    })
}
