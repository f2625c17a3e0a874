/** What tests that use testcontainers do with an engine, and what they get. Without its reaper, whose image is not here. */
import { setTimeout as sleep } from 'node:timers/promises'
import { GenericContainer, Network, Wait } from 'testcontainers'

const [image = ''] = process.argv.slice(2)

function tell(what: string, value: unknown): void {
  process.stdout.write(`${what} ${JSON.stringify(value)}\n`)
}

async function page(host: string, port: number, path: string): Promise<string> {
  return await (await fetch(`http://${host}:${port}/${path}`)).text()
}

const network = await new Network().start()
const web = await new GenericContainer(image)
  .withNetwork(network)
  .withNetworkAliases('web')
  .withExposedPorts(80)
  .withEnvironment({ MODE: 'test' })
  .withCopyContentToContainer([{ content: 'copied\n', target: '/www/copied.html' }])
  .withWaitStrategy(Wait.forHttp('/index.html', 80))
  .start()
const port = web.getMappedPort(80)
tell('page', await page(web.getHost(), port, 'index.html'))
tell('copied', await page(web.getHost(), port, 'copied.html'))
const { exitCode, stdout, stderr } = await web.exec([
  'sh',
  '-c',
  'echo $MODE; echo err >&2; exit 4',
])
tell('exec', [exitCode, stdout, stderr])

const lines: string[] = []
const client = await new GenericContainer(image)
  .withNetwork(network)
  .withCommand([
    'sh',
    '-c',
    'busybox wget -q -O - http://web/index.html; echo ready; exec sleep 1000',
  ])
  .withLogConsumer((stream) => stream.on('data', (line) => lines.push(String(line).trim())))
  .withWaitStrategy(Wait.forLogMessage('ready'))
  .start()
const isReady = () => lines.join(' ').split(/\s+/).includes('ready')
for (let attempt = 0; attempt < 1000 && !isReady(); attempt += 1) await sleep(50)
tell('logs', isReady())

const healthy = await new GenericContainer(image)
  .withCommand(['sleep', '1000'])
  .withHealthCheck({
    test: ['CMD-SHELL', 'cat /etc/passwd'],
    interval: 200,
    timeout: 1000,
    retries: 5,
  })
  .withWaitStrategy(Wait.forHealthCheck())
  .start()
tell('healthy', healthy.getName().length > 0)
await web.restart()
tell('restarted', await page(web.getHost(), web.getMappedPort(80), 'index.html'))

const once = await new GenericContainer(image)
  .withCommand(['echo', 'once'])
  .withWaitStrategy(Wait.forOneShotStartup())
  .start()
for (const container of [once, healthy, client, web]) await container.stop({ timeout: 0 })
await network.stop()
tell('over', true)
