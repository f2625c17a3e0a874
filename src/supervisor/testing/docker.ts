import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Output, RunningCommand, type World } from './world.ts'

/** Docker's own command line, which speaks to the supervisor of a world. */
export class Docker {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** Runs a line of shell in which `docker` is the client, to its end. */
  async run(line: string): Promise<Output> {
    return await this.#world.run('env', ...this.#environment, 'sh', '-c', line)
  }

  /** Starts such a line. */
  start(line: string): RunningCommand {
    return new RunningCommand(
      this.#world.start('env', ...this.#environment, 'sh', '-c', `exec 1>&2; ${line}`),
    )
  }

  /** Runs a line on a terminal of its own, whose input is the output of the line `keys`. */
  async onTerminal(line: string, keys: string): Promise<Output> {
    const script = join(this.#world.directory, 'terminal.sh')
    await writeFile(script, `${line}\n`)
    return await this.run(
      `(${keys}) | socat -t 20 - EXEC:"sh ${script}",pty,setsid,ctty,stderr,raw,echo=0`,
    )
  }

  get #environment(): string[] {
    const { directory } = this.#world
    return [
      `DOCKER_HOST=unix://${join(directory, 'run/supervisor.sock')}`,
      `DOCKER_CONFIG=${join(directory, 'docker-config')}`,
      'TZ=UTC',
    ]
  }
}
