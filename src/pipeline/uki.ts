import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KernelFacts } from './kernel.ts'
import { runInSandbox } from './sandbox.ts'
import type { Result, Stage } from './stage.ts'
import type { UsrFacts } from './usr.ts'

type Inputs = {
  tools: Result<'trees', null>
  kernel: Result<'image', KernelFacts>
  initrd: Result<'image', null>
  usr: Result<'image', UsrFacts>
  commandLine: readonly string[]
  osRelease: string
  epoch: number
}

/** Builds the UKI: kernel, initrd and command line in one PE file (UAPI group's UKI specification). */
export const ukiStage: Stage<Inputs, 'uki', { sizeBytes: number; commandLine: string }> = {
  name: 'uki',
  title: 'Build the UKI',
  source: import.meta.filename,
  files: { uki: 'slipway.efi' },
  run: async ({ tools, kernel, initrd, usr, commandLine, osRelease, epoch }, work) => {
    const uki = join(work.directory, 'slipway.efi')
    const osReleaseFile = join(work.scratch, 'os-release')
    await writeFile(osReleaseFile, osRelease)
    const line = [`usrhash=${usr.facts.rootHash}`, ...commandLine].join(' ')
    await runInSandbox(
      tools.files.trees,
      {
        writable: [work.directory, work.scratch],
        readable: [kernel.directory, initrd.directory],
        signal: work.signal,
        env: { SOURCE_DATE_EPOCH: String(epoch), PYTHONDONTWRITEBYTECODE: '1' },
        doing: 'building the UKI',
      },
      'ukify',
      [
        'build',
        `--linux=${kernel.files.image}`,
        `--initrd=${initrd.files.image}`,
        `--cmdline=${line}`,
        `--os-release=@${osReleaseFile}`,
        `--uname=${kernel.facts.release}`,
        '--efi-arch=x64',
        `--output=${uki}`,
      ],
    )
    return { sizeBytes: (await stat(uki)).size, commandLine: line }
  },
}
