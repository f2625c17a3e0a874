import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { afterEach, beforeEach, test } from 'node:test'
import { type SoftwareTpm, startSoftwareTpm } from '../../clevis/testing/software-tpm.ts'
import { startTang, type TangServer } from '../../clevis/testing/tang-server.ts'
import { hostTpm } from '../../clevis/tpm/host-tpm.ts'
import { isSlipwayError } from '../../errors/error.ts'
import { type Luks, parseConfig } from '../../ignition-schema/index.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { serve } from '../testing/servers.ts'
import { keyByClevis } from './bound-volume.ts'
import { carryOutDiskStep } from './carry-out.ts'
import { planVolume } from './plan-volume.ts'
import { requireTpm } from './require-tpm.ts'
import { askTang, readAdvertisements } from './tang-servers.ts'
import { LoopDisk, run } from './testing/loop-disk.ts'
import { readTokens } from './tokens.ts'

assert.equal(process.getuid?.(), 0, 'these tests set up loop devices: run them as root')

const quick = '--pbkdf pbkdf2 --pbkdf-force-iterations 1000'.split(' ')
const small = '--luks2-metadata-size 64k --luks2-keyslots-size 4m'.split(' ')
const key = Buffer.from('the key by which it was made')
const log = quietLog()
const fetcher = new Fetcher({ log, platform: 'none' })
const ask = askTang(fetcher)

let disk: LoopDisk
let tpm: SoftwareTpm
beforeEach(async () => {
  disk = new LoopDisk(32)
  tpm = await startSoftwareTpm()
})
afterEach(async () => {
  disk.remove()
  await tpm[Symbol.asyncDispose]()
})

/** What a config asks for, except that nothing is opened: there is no device mapper where these tests run. */
async function make(clevis: NonNullable<Luks['clevis']>, openTpm = tpm.open): Promise<void> {
  const luks: Luks = { name: 'data', device: disk.device, options: [...quick, ...small], clevis }
  const text = JSON.stringify({ ignition: { version: '3.4.0' }, storage: { luks: [luks] } })
  const parsed = parseConfig(text, 'config')
  const volumes = parsed.config?.storage?.luks ?? []
  assert.equal(volumes.length, 1, JSON.stringify(parsed.problems))
  const sources = { parsed, records: { get: () => undefined }, fetcher }
  const advertisements = await readAdvertisements(volumes, sources)
  await requireTpm(volumes, openTpm, sources)
  const tang = { advertisements, ask, openTpm }
  const { steps = [] } = planVolume(luks, ['storage', 'luks', 0], {})
  for (const step of steps)
    if (step.kind !== 'open-volume')
      await carryOutDiskStep(step, new Map([['data', key]]), { tang, log })
}

const at = ({ url, ...server }: TangServer, advertisement?: string) => ({
  ...{ url, thumbprint: server.thumbprint() },
  ...(advertisement !== undefined && { advertisement }),
})

async function open(openTpm = tpm.open): Promise<string> {
  const { tokens } = await readTokens(disk.device)
  const found = await keyByClevis(tokens, { ask, openTpm })
  const parameters = ['open', '--test-passphrase', '--key-slot', found.slot, '--key-file', '-']
  run('cryptsetup', [...parameters, disk.device], found.key.toString())
  return found.key.toString()
}

/** Asynchronous, since the servers are in this process. */
function clevis(parameters: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...tpm.environment } }
    const child = execFile('clevis', ['luks', ...parameters], options, (error, output, said) => {
      if (error === null) resolve(output)
      else reject(new Error(`${error.message}\n${output}${said}`))
    })
    child.stdin?.end(input)
  })
}

const isOpenedByFirstKey = () => {
  const parameters = ['open', '--test-passphrase', '--key-file', '-', disk.device]
  return run('cryptsetup', parameters, key.toString())
}

test('a volume opens by its tang server alone, and clevis knows it as its own', async () => {
  await using server = await startTang()
  await make({ tang: [at(server)] })
  const passphrase = await open()
  assert.throws(isOpenedByFirstKey, /No key available/)
  assert.match(
    await clevis(['list', '-d', disk.device]),
    /^1: tang '\{"url":"http:\/\/127\.0\.0\.1:\d+"\}'/m,
  )
  assert.equal((await clevis(['pass', '-d', disk.device, '-s', '1'])).trim(), passphrase)
  for (const secret of [passphrase, key.toString()])
    assert.ok(!log.lines.join('\n').includes(secret))
})

test('a volume that clevis bound is opened here, by one server and by two of three', async () => {
  await using first = await startTang()
  await using second = await startTang()
  await using third = await startTang()
  run('cryptsetup', ['luksFormat', '--batch-mode', ...quick, '--key-file', '-', disk.device], 'k')
  const bind = (pin: string, settings: object) =>
    clevis(['bind', '-d', disk.device, '-k', '-', pin, JSON.stringify(settings)], 'k')
  const settings = (server: TangServer) => ({ url: server.url, thp: server.thumbprint() })
  await bind('tang', settings(first))
  await open()
  await clevis(['unbind', '-d', disk.device, '-s', '1', '-f'])
  await bind('sss', { t: 2, pins: { tang: [first, second, third].map(settings) } })
  await open()
})

test('where an advertisement is given, the server need not be there', async () => {
  const server = await startTang()
  const advertisement = await (await fetch(`${server.url}/adv`)).text()
  const binding = { tang: [at(server, advertisement)] }
  await server[Symbol.asyncDispose]()
  await make(binding)
  assert.throws(isOpenedByFirstKey, /No key available/)
})

test('any of several servers opens a volume, and as many as a threshold says', async () => {
  await using first = await startTang()
  await using second = await startTang()
  await using third = await startTang()
  const servers = [first, second, third]
  await make({ tang: servers.map((each) => at(each)) })
  assert.equal((await readTokens(disk.device)).tokens.length, 3)
  for (const server of [first, second]) {
    server.rotate()
    server.forget()
    await open()
  }
  third.rotate()
  third.forget()
  await assert.rejects(open(), /takes 1 .*has the key \S+ no more/)

  await make({ tang: servers.map((each) => at(each)), threshold: 2 })
  const passphrase = await open()
  assert.equal((await clevis(['pass', '-d', disk.device, '-s', '1'])).trim(), passphrase)
  first.rotate()
  first.forget()
  await open()
  second.rotate()
  second.forget()
  await assert.rejects(open(), /takes 2 .*has the key \S+ no more/)
})

test('the TPM and a server open a volume together, and neither of them alone', async () => {
  await using server = await startTang()
  await using otherTpm = await startSoftwareTpm()
  await make({ tang: [at(server)], tpm2: true, threshold: 2 })
  assert.throws(isOpenedByFirstKey, /No key available/)
  assert.equal((await readTokens(disk.device)).tokens.length, 1)
  const passphrase = await open()
  assert.match(await clevis(['list', '-d', disk.device]), /^1: sss .*"t":2.*"tpm2":/m)
  assert.equal((await clevis(['pass', '-d', disk.device, '-s', '1'])).trim(), passphrase)
  await assert.rejects(open(otherTpm.open), /takes 2 .*sealed by another TPM/)
  server.rotate()
  server.forget()
  await assert.rejects(open(), /takes 2 .*has the key \S+ no more/)
})

test('two of a TPM and two servers open a volume, whichever they are', async () => {
  await using first = await startTang()
  await using second = await startTang()
  await using otherTpm = await startSoftwareTpm()
  await make({ tang: [at(first), at(second)], tpm2: true, threshold: 2 })
  const passphrase = await open(otherTpm.open)
  first.rotate()
  first.forget()
  assert.equal(await open(), passphrase)
  await assert.rejects(open(otherTpm.open), /takes 2 .*sealed by another TPM/)
})

test('a volume that clevis bound to the TPM and a server is opened here, and one of the TPM alone', async () => {
  await using server = await startTang()
  run('cryptsetup', ['luksFormat', '--batch-mode', ...quick, '--key-file', '-', disk.device], 'k')
  const bind = (pin: string, settings: object) =>
    clevis(['bind', '-d', disk.device, '-k', '-', pin, JSON.stringify(settings)], 'k')
  const tpm2 = { pcr_bank: 'sha256', pcr_ids: '7' }
  await bind('sss', { t: 2, pins: { tang: [{ url: server.url, thp: server.thumbprint() }], tpm2 } })
  await open()
  await clevis(['unbind', '-d', disk.device, '-s', '1', '-f'])
  await bind('tpm2', tpm2)
  await open()
})

test('nothing is changed where a TPM is asked for and there is none', async () => {
  await using server = await startTang()
  const none = hostTpm({ appearMs: 0, answerMs: 1000 }, '/dev/no-tpm')
  await assert.rejects(make({ tang: [at(server)], tpm2: true, threshold: 2 }, none), (error) =>
    isSlipwayError(error, 'SLIPWAY_TPM_MISSING'),
  )
  assert.throws(() => run('cryptsetup', ['isLuks', disk.device]))
})

test('a server that is away is waited for, and the log says for which', async () => {
  const server = await startTang()
  await make({ tang: [at(server)] })
  const { port, keys } = server
  await server.stop()
  const opening = open()
  const deadline = Date.now() + 20_000
  while (!log.lines.some((line) => line.includes(`:${port}/rec/`) && /ECONNREFUSED/.test(line))) {
    assert.ok(Date.now() < deadline, log.lines.join('\n'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await using again = await startTang({ port, known: keys })
  assert.equal(again.port, port)
  await opening
})

test('nothing is changed where a server is another one, or none', async () => {
  await using server = await startTang()
  await using other = await startTang()
  await using none = await serve(() => ({ status: 404 }))
  const url = `http://127.0.0.1:${none.port}`
  const cases: [clevis: NonNullable<Luks['clevis']>, code: string][] = [
    [{ tang: [at(server), { url: other.url, thumbprint: server.thumbprint() }] }, 'THUMBPRINT'],
    [{ tang: [{ url, thumbprint: 'x' }] }, 'ADVERTISEMENT'],
    [{ tang: [at(server, '{}')] }, 'ADVERTISEMENT'],
  ]
  for (const [binding, code] of cases)
    await assert.rejects(make(binding), (error) => isSlipwayError(error, `SLIPWAY_TANG_${code}`))
  assert.throws(() => run('cryptsetup', ['isLuks', disk.device]))
})
