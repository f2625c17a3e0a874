import assert from 'node:assert/strict'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { runsAll } from '../../../vm-tests/extent.ts'
import { randomNumbers } from '../../ignition-schema/testing/random.ts'
import { bundleHost } from '../../pipeline/host-bundle.ts'
import { Serial } from '../serial.ts'
import { pushBusybox } from '../testing/busybox-image.ts'
import { startHost } from '../testing/host.ts'
import { eventually, type RunningCommand, type World } from '../testing/world.ts'
import { belongingsOf, cgroupsOf, idsIn } from './belongings.ts'
import { Ledger, problemsOf, type Shown } from './ledger.ts'
import { type Stage, scenarios } from './scenarios.ts'

const kills = Number(process.env.SLIPWAY_KILLS ?? (runsAll ? 200 : 15))
const seed = Number(process.env.SLIPWAY_SEED ?? Date.now() % 1_000_000)
const clients = 6
/** Some die while they take over, the others while they serve, at most so long. */
const longestServiceMs = 1_000

test(`after ${kills} kills at any moment containers are as clients were told, and nothing leaks`, async (context) => {
  context.diagnostic(`SLIPWAY_SEED=${seed}`)
  const random = randomNumbers(seed)
  const { world, docker, image, supervisor: slow } = await startHost(context)
  const otherImage = image.replace(/:1$/, ':2')
  await pushBusybox(world, '2', 'another page\n')
  const ledger = new Ledger()
  const executable = await bundled(world)
  await slow.kill('SIGKILL')
  let supervisor = world.spawnSupervisor(executable)
  const startMs = await lasting(supervisor.said(/is ready/))
  const declaring = new Serial()
  let version: string | undefined
  /** Lines that clients have begun. */
  let lines = 0
  const stage: Stage = {
    image,
    otherImage,
    ledger,
    docker: async (line) => {
      lines += 1
      // Not for the sake of the line: most would be spent on nobody.
      while (!(await isReady(supervisor))) await sleep(50)
      return await docker.run(line)
    },
    // Of two that write at once either may be the last.
    declare: (wanted) =>
      declaring.run(async () => {
        version = wanted
        const file = join(world.directory, 'compose/shop.yaml')
        if (wanted === undefined) await rm(file, { force: true })
        else await world.declare('shop.yaml', shop(image, wanted))
      }),
  }
  // Tables of rules and directories that stay are there from now on.
  for (const line of [
    `docker network create warm && docker volume create notes`,
    `docker run --rm --network warm -p 80 -v notes:/notes ${image} sh -c true && docker network rm warm`,
  ]) {
    const { status, stderr } = await docker.run(line)
    assert.equal(status, 0, stderr)
  }
  const before = await belongingsOf(world)
  const seedBefore = await shownOf(docker, 'base-seed-1')

  const ids = new Set<string>()
  let over = false
  let number = 0
  const client = async () => {
    while (!over) {
      const scenario = scenarios[Math.floor(random() * scenarios.length)]
      number += 1
      await scenario?.(stage, `c${number}`)
    }
  }
  const acting = Array.from({ length: clients }, client)
  const words: string[] = []
  const shoot = async (kill: number) => {
    if (kill % 3 === 0) await sleep(random() * 1.5 * startMs)
    else {
      await supervisor.said(/is ready/)
      const before = lines
      await eventually('a client asks for something', async () => lines > before)
      await sleep(random() * longestServiceMs)
    }
    await supervisor.kill('SIGKILL')
    words.push(supervisor.words)
    for (const id of await idsIn(world)) ids.add(id)
    supervisor = world.spawnSupervisor(executable)
  }
  try {
    for (let kill = 0; kill < kills; kill += 1) await shoot(kill)
    await supervisor.said(/is ready/)
  } finally {
    over = true
  }
  await Promise.all(acting)
  for (const id of await idsIn(world)) ids.add(id)
  context.diagnostic(`${number} histories`)

  try {
    await eventually('nothing is under way', async () => {
      const all = await shownOf(docker)
      const unsettled = problemsOf(ledger, all, new Map()).filter((one) => /it is /.test(one))
      assert.deepEqual(unsettled, [])
      assert.ok(isDeclaredNow(all, version), `${version} is declared; ${JSON.stringify(all)}`)
      return true
    }).catch(async (error: unknown) => {
      const { stdout } = await world.run('ps', '--forest', '-eo', 'pid,etimes,stat,wchan:20,args')
      context.diagnostic(`${(await world.slipctl('status')).stdout}\n${stdout}`)
      throw error
    })
    const all = await shownOf(docker)
    const starts = await startsIn(world)
    assert.deepEqual(problemsOf(ledger, all, starts), [])
    assert.deepEqual(await shownOf(docker, 'base-seed-1'), seedBefore)
    for (const { Name, State } of all)
      if (State.Status === 'running')
        assert.equal((await world.run('ls', `/proc/${State.Pid}/ns`)).status, 0, `${Name} is dead`)

    await stage.declare(undefined)
    await eventually('no declared container is left', async () =>
      (await shownOf(docker)).every(({ Name }) => !Name.startsWith('/shop-')),
    )
    const clear = await docker.run(clearing)
    assert.equal(clear.status, 0, clear.stderr)
    await eventually('the last have left their networks', async () =>
      isDeepStrictEqual(await belongingsOf(world), before),
    ).catch(() => {})
    assert.deepEqual(await belongingsOf(world), before)
    assert.deepEqual(
      await cgroupsOf(ids, world),
      await cgroupsOf(new Set(await idsIn(world)), world),
    )
  } catch (error) {
    context.diagnostic([...words, supervisor.words].join('\n---- killed\n').slice(-20_000))
    throw error
  }
})

/** The host's code in pieces, as hosts have it: it starts in a fraction of the time. */
async function bundled({ directory }: World): Promise<[string, string]> {
  const folder = join(directory, 'bundle')
  await mkdir(folder)
  const { pieces } = await bundleHost(join(import.meta.dirname, '../../..'), '0.0.0')
  for (const [name, code] of Object.entries(pieces)) await writeFile(join(folder, name), code)
  return [process.execPath, join(folder, 'host.js')]
}

/** Waits until a supervisor serves, or was killed before. */
async function isReady(supervisor: RunningCommand): Promise<boolean> {
  return await supervisor.said(/is ready/).then(
    () => true,
    () => false,
  )
}

async function lasting(work: Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await work
  return performance.now() - startedMs
}

/** Volumes without a name are left alone: of them there should be none by now. */
const clearing = `
containers=$(docker ps --all --quiet --filter name=^c)
[ -z "$containers" ] || docker rm -f -v $containers
docker network prune -f
for volume in $(docker volume ls -q); do
  case $volume in c*) [ \${#volume} -gt 20 ] || docker volume rm $volume || exit 1;; esac
done
for image in $(docker images --format '{{.Repository}}'); do
  case $image in made-*) docker rmi $image || exit 1;; esac
done
`

const shop = (image: string, version: string) => `services:
  web:
    image: ${image}
    command: [sh, -c, 'trap "exit 0" TERM; sleep 100000 & wait']
    environment: { VERSION: ${version} }
    ports: ["8081:80"]
    stop_grace_period: 1s
`

type DeclaredShown = Shown & { readonly Config: { readonly Env: readonly string[] } }

/** The declared container is there as the file says last, without another beside it. */
function isDeclaredNow(all: readonly DeclaredShown[], version: string | undefined): boolean {
  const ours = all.filter(({ Name }) => Name.startsWith('/shop-'))
  if (version === undefined) return ours.length === 0
  const [one] = ours
  return (
    ours.length === 1 &&
    one?.State.Status === 'running' &&
    one.Name === '/shop-web-1' &&
    one.Config.Env.includes(`VERSION=${version}`)
  )
}

async function shownOf(
  docker: { run(line: string): Promise<{ stdout: string; stderr: string; status: number }> },
  name = '$(docker ps --all --quiet)',
): Promise<readonly DeclaredShown[]> {
  const fields =
    '{"Id":{{json .Id}},"Name":{{json .Name}},"RestartCount":{{json .RestartCount}},"State":{{json .State}},"Config":{"Env":{{json .Config.Env}}}}'
  const { stdout } = await docker.run(`docker inspect --format '${fields}' ${name}`)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as DeclaredShown)
}

/** How often each container noted that it began. */
async function startsIn({ directory }: World): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(join(directory, 'state/volumes/notes/_data/starts'), 'utf8')
  const starts = new Map<string, number>()
  for (const name of text.trim().split('\n')) starts.set(name, (starts.get(name) ?? 0) + 1)
  return starts
}
