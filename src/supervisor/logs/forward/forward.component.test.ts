import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { readIfThere } from '../../../files/absence.ts'
import { testAuthority } from '../../../update/testing/certificate.ts'
import { serveBusybox } from '../../testing/busybox-image.ts'
import { Docker } from '../../testing/docker.ts'
import { declaration } from '../../testing/host.ts'
import { cleanUpsOfSuite } from '../../testing/suite.ts'
import { eventually, type RunningCommand, World } from '../../testing/world.ts'
import { maximumBatchLines } from './batches.ts'

const receiver = join(import.meta.dirname, 'testing/receiver.ts')

describe('the logs of containers are forwarded', () => {
  let world: World
  let docker: Docker
  let image: string
  let supervisor: RunningCommand
  let stopSyslog: () => Promise<void>
  const cleanUps = cleanUpsOfSuite()
  const at = (name: string) => join(world.directory, name)
  const authority = testAuthority('Logs')

  before(async () => {
    world = await World.open(cleanUps)
    const tls = { tls: true, certificateAuthority: at('logs.crt') }
    image = await serveBusybox(world, {
      logs: {
        forward: {
          lines: { type: 'json-lines', url: 'http://127.0.0.1:8001/in' },
          collector: { type: 'otlp', url: 'http://127.0.0.1:8002/v1/logs' },
          plain: { type: 'syslog', address: '127.0.0.1:5140' },
          safe: { type: 'syslog', address: '127.0.0.1:6514', ...tls },
        },
      },
    })
    const server = authority.issue('127.0.0.1')
    await writeFile(at('logs.crt'), authority.certificate)
    await writeFile(at('server.crt'), server.certificate)
    await writeFile(at('server.key'), server.key)
    world.start(process.execPath, receiver, '8001', at('lines'))
    world.start(process.execPath, receiver, '8002', at('collector'))
    stopSyslog = startSyslog()
    await world.declare('base.yaml', declaration(image))
    supervisor = await world.startSupervisor()
    await supervisor.said(/started container base-seed-1/)
    docker = new Docker(world)
  })

  /** rsyslog with a TCP and a TLS listener, each with a file of its own; gives what ends it. */
  function startSyslog(): () => Promise<void> {
    const config = `
global(defaultNetstreamDriverCAFile="${at('logs.crt')}"
  defaultNetstreamDriverCertFile="${at('server.crt')}"
  defaultNetstreamDriverKeyFile="${at('server.key')}" workDirectory="${world.directory}"
  parser.escapeControlCharactersOnReceive="off" maxMessageSize="64k")
template(name="all" type="string"
  string="%pri%|%timereported:::date-rfc3339%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\\n")
ruleset(name="plain") { action(type="omfile" file="${at('plain')}" template="all") }
ruleset(name="safe") { action(type="omfile" file="${at('safe')}" template="all") }
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="5140" ruleset="plain")
input(type="imtcp" address="127.0.0.1" port="6514" ruleset="safe" streamDriver.name="ossl"
  streamDriver.mode="1" streamDriver.authMode="anon")
`
    const file = at('rsyslog.conf')
    const pidFile = at('rsyslog.pid')
    const start = writeFile(file, config).then(() => {
      world.start('rsyslogd', '-n', '-f', file, '-i', pidFile)
    })
    return async () => {
      await start
      const pid = (await readFile(pidFile, 'utf8')).trim()
      await world.run('busybox', 'kill', pid)
      await eventually('rsyslog has ended', async () => (await textOf('rsyslog.pid')) === '')
    }
  }

  const textOf = async (name: string) => (await readIfThere(at(name))) ?? ''

  const output = async (line: string) => {
    const { status, stdout, stderr } = await docker.run(line.replaceAll('IMAGE', image))
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }

  /** Writes so many numbered lines in each of some containers, and waits for their ends. */
  const write = async (word: string, containers: number, lines: number) => {
    const program = `i=0; while [ $i -lt ${lines} ]; do echo ${word}-$0-$i; i=$((i+1)); done`
    const runs = Array.from(
      { length: containers },
      (_, index) => `docker run --rm --network none IMAGE sh -c '${program}' ${index} >/dev/null &`,
    )
    await output(`${runs.join('\n')}\nwait`)
  }

  /** How often each of such lines has come, once all are there. */
  const arrived = async (target: string, word: string, count: number) => {
    const pattern = new RegExp(`\\b${word}-\\d+-\\d+`, 'g')
    let found: string[] = []
    const missing = () => {
      const last = new Map<string, number>()
      for (const one of new Set(found)) {
        const [, container = ''] = one.split('-')
        last.set(container, (last.get(container) ?? 0) + 1)
      }
      return JSON.stringify([...last])
    }
    await eventually(`${target} has ${count} lines of ${word}`, async () => {
      found = (await textOf(target)).match(pattern) ?? []
      return new Set(found).size >= count
    }).catch((error: unknown) => {
      throw new Error(`of each container: ${missing()}`, { cause: error })
    })
    return found
  }

  it('to every target, each line once, though containers are removed when they end', async () => {
    await write('once', 10, 2000)
    for (const target of ['lines', 'collector', 'plain', 'safe'])
      assert.equal((await arrived(target, 'once', 20_000)).length, 20_000, target)
  })

  it('with what is known of the line', async () => {
    await output(
      `docker run --rm --name teller --label com.docker.compose.project=shop IMAGE sh -c 'echo "told you" >&2'`,
    )
    await eventually('all have it', async () => {
      const all = await Promise.all(['lines', 'collector', 'plain', 'safe'].map(textOf))
      return all.every((text) => text.includes('told you'))
    })
    const line = (await textOf('lines')).split('\n').find((one) => one.includes('told you')) ?? ''
    const { container, stream, message, time } = JSON.parse(line)
    assert.deepEqual(
      [container.name, container.image, container.project],
      ['teller', image, 'shop'],
    )
    assert.deepEqual([stream, message], ['stderr', 'told you'])
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
    const id = container.id.slice(0, 12)
    assert.match(
      await textOf('safe'),
      new RegExp(
        `^27\\|\\S+\\|teller\\|${id}\\|stderr\\|\\[container@32473 id=.*\\]\\|told you$`,
        'm',
      ),
    )
    const requests = (await textOf('collector')).trim().split('\n')
    const request = JSON.parse(requests.find((one) => one.includes('told you')) ?? '')
    assert.match(
      JSON.stringify(request.resourceLogs),
      /"container.name","value":{"stringValue":"teller"/,
    )
  })

  it('though targets do not answer for a while', async () => {
    await writeFile(at('lines.status'), '503')
    await writeFile(at('collector.status'), '429')
    await stopSyslog()
    await write('late', 2, 500)
    await supervisor.said(/logs to lines wait: it answered 503/)
    await supervisor.said(/logs to plain wait: /)
    stopSyslog = startSyslog()
    await rm(at('lines.status'))
    await rm(at('collector.status'))
    for (const target of ['lines', 'collector'])
      assert.equal((await arrived(target, 'late', 1000)).length, 1000, target)
    for (const target of ['plain', 'safe']) await arrived(target, 'late', 1000)
    await supervisor.said(/logs to lines: they go on/)
  })

  it('without those that a target will never take', async () => {
    await writeFile(at('lines.status'), '400')
    await write('bad', 1, 1)
    await supervisor.said(/logs to lines: 1 lines were refused: it answered 400/)
    await rm(at('lines.status'))
    await write('good', 1, 1)
    await arrived('lines', 'good', 1)
    assert.doesNotMatch(await textOf('lines'), /bad-0-0/)
  })

  it('over the supervisor’s end, each line once', async () => {
    await output(
      `docker run -d --name long --network none IMAGE sh -c 'i=0; while [ $i -lt 3000 ]; do echo long-0-$i; i=$((i+1)); [ $((i%300)) = 0 ] && sleep 0.5; done'`,
    )
    await supervisor.kill('SIGTERM')
    supervisor = await world.startSupervisor()
    await output('docker wait long')
    for (const target of ['lines', 'collector', 'plain', 'safe'])
      assert.equal((await arrived(target, 'long', 3000)).length, 3000, target)
  })

  it('over its sudden death, at most the last ones twice', async () => {
    await output(
      `docker run -d --name hard --network none IMAGE sh -c 'i=0; while [ $i -lt 3000 ]; do echo hard-0-$i; i=$((i+1)); [ $((i%300)) = 0 ] && sleep 0.5; done'`,
    )
    await arrived('lines', 'hard', 600)
    await supervisor.kill('SIGKILL')
    supervisor = await world.startSupervisor()
    await output('docker wait hard')
    for (const target of ['lines', 'collector']) {
      const found = await arrived(target, 'hard', 3000)
      assert.ok(found.length - 3000 <= maximumBatchLines, `${target}: ${found.length}`)
    }
    for (const target of ['plain', 'safe']) await arrived(target, 'hard', 3000)
  })
})
