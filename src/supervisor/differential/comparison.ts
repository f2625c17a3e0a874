import { fail } from 'node:assert/strict'
import { type CleanUps, eventually } from '../testing/world.ts'
import { type Engine, type EngineSettings, startDocker, startSlipway } from './engine.ts'
import {
  type DifferenceName,
  type ExpectedDifference,
  expectedDifferences,
} from './expected-differences.ts'
import { type Names, normalise, type Observed } from './normalise.ts'

/** A command line, and in what it may differ. */
export type Line = string | { readonly line: string; readonly differs: DifferenceName }

const repository = '127.0.0.1:5000/test/busybox'
const image = `${repository}:1`

/** Two engines that are told the same. */
export class Comparison {
  readonly docker: Engine
  readonly slipway: Engine

  private constructor(docker: Engine, slipway: Engine) {
    this.docker = docker
    this.slipway = slipway
  }

  /** Starts both; they end with the test. */
  static async open(context: CleanUps, settings?: EngineSettings): Promise<Comparison> {
    const [docker, slipway] = await Promise.all([
      startDocker(context, settings),
      startSlipway(context, settings),
    ])
    return new Comparison(docker, slipway)
  }

  /** Starts both, and gives them the image of their registries. */
  static async openWithImage(context: CleanUps, settings?: EngineSettings): Promise<Comparison> {
    const engines = await Comparison.open(context, settings)
    await engines.#bringImage()
    return engines
  }

  async #bringImage(): Promise<void> {
    const { docker, slipway } = this
    await slipway.world.declare(
      'seed.yaml',
      `services: { seed: { image: "${image}", command: [sleep, "100000"], stop_grace_period: 100ms, network_mode: bridge } }`,
    )
    const { status, stderr } = await docker.run(`docker pull ${image}`)
    if (status !== 0) throw new Error(`docker has no image: ${stderr}`)
    await eventually('the supervisor has the image', async () => {
      const { stdout } = await slipway.run('docker ps --quiet --filter name=seed')
      return stdout !== ''
    })
  }

  /**
   * Runs each line against both, one after the other, and compares exit status and output; in a line,
   * `IMAGE` is the image of their registries and `REPOSITORY` its name without a tag. Throws an AssertionError
   * that shows all that was not the same side by side.
   */
  async same(...lines: readonly Line[]): Promise<void> {
    const mismatches: string[] = []
    for (const line of lines) {
      const mismatch = await this.#compare(withNames(line))
      if (mismatch !== undefined) mismatches.push(mismatch)
    }
    if (mismatches.length > 0) fail(mismatches.join('\n\n'))
  }

  async #compare(given: Line): Promise<string | undefined> {
    const line = typeof given === 'string' ? given : given.line
    const [ours, theirs] = await Promise.all([this.slipway.run(line), this.docker.run(line)])
    // Then both say the same, and nothing was compared.
    const [missing] = /^bash: .*: command not found$/m.exec(theirs.stderr) ?? []
    if (missing !== undefined) return `${line}\n  ${missing}`
    const [slipway, docker] = normalise(
      [ours, theirs],
      [namesOf(this.slipway), namesOf(this.docker)],
    )
    if (typeof given === 'string')
      return isSame(slipway, docker) ? undefined : sideBySide(line, docker, slipway)
    const difference: ExpectedDifference = expectedDifferences[given.differs]
    if (isSame(slipway, docker)) return `${line}\n  does not differ in "${given.differs}" any more`
    const rest = [docker, slipway].map((one) => without(one, difference))
    const [theirRest, ourRest] = rest
    if (theirRest === undefined || ourRest === undefined || isSame(ourRest, theirRest))
      return undefined
    return sideBySide(line, theirRest, ourRest)
  }
}

function withNames(given: Line): Line {
  const named = (line: string) =>
    line.replaceAll('REPOSITORY', repository).replaceAll('IMAGE', image)
  return typeof given === 'string' ? named(given) : { ...given, line: named(given.line) }
}

function without(observed: Observed, { without: pattern }: ExpectedDifference): Observed {
  const { status, stdout, stderr } = observed
  return { status, stdout: stdout.replace(pattern, ''), stderr: stderr.replace(pattern, '') }
}

function namesOf({ world }: Engine): Names {
  return { [world.directory]: '<directory>' }
}

function isSame(one: Observed, other: Observed): boolean {
  return one.status === other.status && one.stdout === other.stdout && one.stderr === other.stderr
}

/** Docker's words to the left, ours to the right; a bar marks the rows that are not the same. */
export function sideBySide(line: string, docker: Observed, slipway: Observed): string {
  const rows = (
    [
      ['exit status', String(docker.status), String(slipway.status)],
      ['stdout', docker.stdout, slipway.stdout],
      ['stderr', docker.stderr, slipway.stderr],
    ] as const
  ).flatMap(([title, left, right]) =>
    left === right ? [] : [`-- ${title}`, ...columns(left.split('\n'), right.split('\n'))],
  )
  return [`$ ${line}`, ...columns(['docker'], ['slipway']), ...rows].join('\n')
}

function columns(left: readonly string[], right: readonly string[]): string[] {
  const width = Math.min(Math.max(...left.map(({ length }) => length)), 90)
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const one = left[index] ?? ''
    const other = right[index] ?? ''
    return `${one.padEnd(width)} ${one === other ? ' ' : '|'} ${other}`.trimEnd()
  })
}
