import { mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { bootCountVariable } from '../../esp/boot-count-path.ts'
import { ukiOf } from '../../slot/testing/uki.ts'
import type { AgentPaths } from '../paths.ts'

/** Every machine with UEFI has it. */
const secureBoot = 'SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'

/** A host's files as far as the agent looks at them, below one folder. */
export class HostTree {
  readonly folder: string
  readonly paths: AgentPaths

  constructor(context: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'slipway-agent-'))
    context.after(() => rmSync(this.folder, { recursive: true, force: true }))
    const at = (path: string) => join(this.folder, path)
    this.paths = {
      bootId: at('boot_id'),
      osRelease: at('os-release'),
      commandLine: at('cmdline'),
      efiVariables: at('efivars'),
      boot: at('boot'),
      settings: at('update.yaml'),
      rootFile: at('root.json'),
      bootLoader: at('systemd-bootx64.efi'),
      machineId: at('machine-id'),
      state: at('var/update/state.json'),
      baseline: at('var/update/baseline.json'),
      downloads: at('var/update/downloads'),
      metadata: at('var/update/metadata'),
      journal: at('var/update/slot.json'),
      run: at('run/update'),
      console: at('console'),
    }
    mkdirSync(join(this.paths.boot, 'EFI/Linux'), { recursive: true })
    mkdirSync(this.paths.efiVariables)
    writeFileSync(join(this.paths.efiVariables, secureBoot), Buffer.from([6, 0, 0, 0, 0]))
    writeFileSync(this.paths.machineId, '3f8a6a1f7cbb4d0e9f6a5b1c2d3e4f50\n')
  }

  /** Starts the machine: a new boot ID, and `counted` when systemd-boot counts the entry's tries. */
  boot(bootId: string, version: string, rootHash: string, counted?: string): void {
    const { paths } = this
    writeFileSync(paths.bootId, `${bootId}\n`)
    writeFileSync(
      paths.osRelease,
      `ID="slipway"\nVERSION_ID="${version}"\nIMAGE_VERSION="${version}"\nVARIANT_ID="qemu"\n`,
    )
    writeFileSync(paths.commandLine, `rw console=ttyS0 usrhash=${rootHash}\n`)
    const variable = join(paths.efiVariables, bootCountVariable)
    rmSync(variable, { force: true })
    if (counted !== undefined) {
      const path = Buffer.from(`\\EFI\\Linux\\${counted}\0`, 'utf16le')
      writeFileSync(variable, Buffer.concat([Buffer.from([6, 0, 0, 0]), path]))
    }
  }

  putEntry(file: string, rootHash: string): void {
    writeFileSync(this.#entry(file), ukiOf(rootHash, 4096))
  }

  putUnfinishedEntry(file: string): void {
    writeFileSync(this.#entry(file), Buffer.alloc(4096))
  }

  renameEntry(from: string, to: string): void {
    renameSync(this.#entry(from), this.#entry(to))
  }

  removeEntry(file: string): void {
    unlinkSync(this.#entry(file))
  }

  #entry(file: string): string {
    return join(this.paths.boot, 'EFI/Linux', file)
  }
}
