import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { cache, project } from './project.ts'

export function cleanCommand(): Command {
  return new Command('clean')
    .description('Remove stored results; the next build starts from nothing.')
    .option('--packages', 'remove downloaded packages too')
    .action(async (options: { packages?: true }) => {
      const directories = [join(cache, 'store'), join(project, 'build')]
      if (options.packages) directories.push(join(cache, 'apt'))
      for (const directory of directories) await rm(directory, { recursive: true, force: true })
    })
}
