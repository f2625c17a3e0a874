import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { readAddOn } from '../../update/esp/kernel-arguments-add-on.ts'
import { addOnStubLike } from '../../update/esp/testing/add-on-stub.ts'
import type { Machine } from '../kernel-arguments/machine.ts'
import { openProvider } from '../providers/registry.ts'
import { TargetRoot } from '../root/target-root.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { kernelArgumentsStage } from './kernel-arguments.ts'

const image = 'usrhash=0 rw'

/** A machine whose kernel is started with what its add-on says, unless its firmware loads none. */
class AssumedMachine implements Machine {
  readonly root: string
  readonly esp: string
  loadsAddOns = true
  secureBoot = false
  reboots = 0
  #commandLine = image

  constructor(context: TestContext) {
    this.root = mkdtempSync(join(tmpdir(), 'slipway-kargs-'))
    this.esp = mkdtempSync(join(tmpdir(), 'slipway-kargs-esp-'))
    context.after(() => {
      for (const path of [this.root, this.esp]) rmSync(path, { recursive: true })
    })
  }

  commandLine = () => this.#commandLine
  isSecureBootOn = () => this.secureBoot
  stub = () => addOnStubLike()
  withEsp: Machine['withEsp'] = (use) => use({ directory: this.esp })
  reboot = async (): Promise<never> => {
    this.reboots += 1
    const addOn = this.loadsAddOns ? await this.addOn() : ''
    this.#commandLine = [image, addOn].filter((text) => text !== '').join(' ')
    throw new Rebooted()
  }

  addOn(): Promise<string> {
    return readAddOn({ directory: this.esp })
  }

  /** One boot of the stage; false when it ended in a reboot. */
  async boot(kernelArguments: object): Promise<boolean> {
    const log = quietLog()
    const context = {
      root: new TargetRoot(this.root),
      log,
      provider: openProvider('qemu'),
      fetcher: new Fetcher({
        log,
        platform: 'qemu',
        isOffline: true,
        totalMs: 0,
        signal: new AbortController().signal,
      }),
    }
    const text = JSON.stringify({ ignition: { version: '3.6.0' }, kernelArguments })
    try {
      await kernelArgumentsStage(this)(context, { source: 'test', text })
      return true
    } catch (error) {
      if (error instanceof Rebooted) return false
      throw error
    }
  }
}

class Rebooted extends Error {}

test('arguments come with one reboot, and the boot after it goes on', async (context) => {
  const machine = new AssumedMachine(context)
  assert.equal(await machine.boot({ shouldExist: ['quiet', 'a="b c"'] }), false)
  assert.equal(await machine.addOn(), 'quiet a="b c"')
  assert.equal(await machine.boot({ shouldExist: ['quiet', 'a="b c"'] }), true)
  assert.equal(machine.reboots, 1)
})

test('a kernel that has them already, and a config without any, reboot nothing', async (context) => {
  const machine = new AssumedMachine(context)
  assert.equal(await machine.boot({ shouldExist: ['rw'], shouldNotExist: ['quiet'] }), true)
  assert.equal(await machine.boot({}), true)
  assert.equal(await machine.addOn(), '')
})

test('a machine that loads no add-ons is rebooted once, and then the boot stops', async (context) => {
  const machine = new AssumedMachine(context)
  machine.loadsAddOns = false
  assert.equal(await machine.boot({ shouldExist: ['quiet'] }), false)
  await assert.rejects(machine.boot({ shouldExist: ['quiet'] }), (error) =>
    isSlipwayError(error, 'SLIPWAY_IGNITION_KARGS_STILL_MISSING'),
  )
  assert.equal(machine.reboots, 1)
})

test('with Secure Boot nothing is written, and the boot stops', async (context) => {
  const machine = new AssumedMachine(context)
  machine.secureBoot = true
  await assert.rejects(machine.boot({ shouldExist: ['quiet'] }), (error) =>
    isSlipwayError(error, 'SLIPWAY_IGNITION_KARGS_SECURE_BOOT'),
  )
  assert.equal(await machine.addOn(), '')
  assert.equal(await machine.boot({ shouldExist: ['rw'] }), true)
})

test('an argument of the image is refused with its place, and nothing is written', async (context) => {
  const machine = new AssumedMachine(context)
  await assert.rejects(
    machine.boot({ shouldExist: ['quiet'], shouldNotExist: ['rw'] }),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_IGNITION_CONFIG_REFUSED') &&
      /\$\.kernelArguments\.shouldNotExist\.0/.test(JSON.stringify(error)),
  )
  assert.equal(await machine.addOn(), '')
  assert.equal(machine.reboots, 0)
})

test('another config takes away what an earlier one added', async (context) => {
  const machine = new AssumedMachine(context)
  assert.equal(await machine.boot({ shouldExist: ['quiet', 'a'] }), false)
  assert.equal(await machine.boot({ shouldNotExist: ['quiet', 'a'] }), false)
  assert.equal(await machine.addOn(), '')
  assert.equal(await machine.boot({ shouldNotExist: ['quiet', 'a'] }), true)
})
