import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isSlipwayError } from '../../errors/error.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { hypervProvider } from './hyperv.ts'
import { nvidiabluefieldProvider } from './nvidiabluefield.ts'
import type { Provider } from './provider.ts'
import { virtualboxProvider } from './virtualbox.ts'
import { vmwareProvider } from './vmware.ts'

const directory = mkdtempSync(join(tmpdir(), 'slipway-hypervisor-'))
after(() => rmSync(directory, { recursive: true }))

async function fetched(provider: Provider): Promise<string | undefined> {
  const log = quietLog()
  const config = await provider.fetch({ log, fetcher: new Fetcher({ log, platform: 'test' }) })
  return config && Buffer.from(config.data).toString()
}

const vmware = (values: Record<string, string>) =>
  vmwareProvider({
    get: async (name) => values[name],
    set: async (name, value) => {
      values[name] = value
    },
  })

async function forgotten(provider: Provider): Promise<void> {
  const log = quietLog()
  await provider.forget?.({ log, fetcher: new Fetcher({ log, platform: 'test' }) })
}

test('decodes guestinfo of VMware', async () => {
  const data = 'ignition.config.data'
  const encoded = Buffer.from('{}').toString('base64')
  assert.equal(await fetched(vmware({})), undefined)
  assert.equal(await fetched(vmware({ [data]: '{}' })), '{}')
  assert.equal(await fetched(vmware({ [data]: encoded, [`${data}.encoding`]: 'base64' })), '{}')
  const compressed = gzipSync('{}').toString('base64')
  assert.equal(
    await fetched(vmware({ [data]: compressed, [`${data}.encoding`]: 'gzip+base64' })),
    '{}',
  )
  await assert.rejects(fetched(vmware({ [data]: '{}', [`${data}.encoding`]: 'rot13' })), /rot13/)
})

test('takes guestinfo of an OVF environment, after that of the machine itself', async () => {
  const ovfenv = `<?xml version="1.0" encoding="UTF-8"?>
<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1"
     xmlns:oe="http://schemas.dmtf.org/ovf/environment/1" oe:id="CoreOS-vmw">
   <!-- <Property oe:key="guestinfo.ignition.config.data" oe:value="commented"/> -->
   <PropertySection>
         <Property oe:key="foo" oe:value="bar"/>
         <Property oe:key="guestinfo.ignition.config.data" oe:value="{&quot;a&quot;: &#34;&amp;&#x41;&quot;}"/>
   </PropertySection>
</Environment>`
  assert.equal(await fetched(vmware({ ovfenv })), '{"a": "&A"}')
  assert.equal(await fetched(vmware({ ovfenv, 'ignition.config.data': 'own' })), 'own')
  assert.equal(await fetched(vmware({ ovfenv: 'damaged' })), undefined)
})

test('says which program an image needs for hypervisors that answer only to their own', async () => {
  for (const [provider, program] of [
    [vmwareProvider(), 'vmware-rpctool'],
    [virtualboxProvider(), 'VBoxControl'],
  ] as const)
    await assert.rejects(fetched(provider), (error) => {
      assert.ok(isSlipwayError(error, 'SLIPWAY_IGNITION_NO_CONFIG_SERVICE'))
      assert.match(error.message, new RegExp(program))
      return true
    })
})

test('takes the guest property of VirtualBox, which has no encodings', async () => {
  const virtualbox = (values: Record<string, string>) =>
    virtualboxProvider({ get: async (name) => values[name], delete: async () => undefined })
  assert.equal(await fetched(virtualbox({ '/Ignition/Config': '{}' })), '{}')
  assert.equal(await fetched(virtualbox({})), undefined)
  await assert.rejects(fetched(virtualbox({ '/Ignition/Config/Encoding': 'gzip' })), /gzip/)
})

test('has VMware and VirtualBox forget a config, and nothing else', async () => {
  const values: Record<string, string> = {
    'ignition.config.data': 'e30=',
    'ignition.config.data.encoding': 'base64',
    other: 'stays',
  }
  await forgotten(vmware(values))
  assert.deepEqual(values, {
    'ignition.config.data': '',
    'ignition.config.data.encoding': '',
    other: 'stays',
  })
  assert.equal(await fetched(vmware(values)), undefined)
  const properties = new Map([['/Ignition/Config', '{}']])
  const provider = virtualboxProvider({
    get: async (name) => properties.get(name),
    delete: async (name) => {
      properties.delete(name)
    },
  })
  await forgotten(provider)
  await forgotten(provider)
  assert.equal(await fetched(provider), undefined)
})

function pool(pairs: Record<string, string>): string {
  const path = join(directory, 'pool')
  const field = (text: string, bytes: number) => Buffer.concat([Buffer.from(text)], bytes)
  writeFileSync(
    path,
    Buffer.concat(
      Object.entries(pairs).flatMap(([key, value]) => [field(key, 512), field(value, 2048)]),
    ),
  )
  return path
}

test('puts the config of Hyper-V together', async () => {
  const of = (pairs: Record<string, string>) => fetched(hypervProvider(pool(pairs)))
  assert.equal(await of({ other: 'x', 'ignition.config': '{}' }), '{}')
  const parts = { 'ignition.config.1': 'b', 'ignition.config.0': 'a', 'ignition.config.3': 'd' }
  assert.equal(await of(parts), 'ab')
  assert.equal(await of({}), undefined)
  await assert.rejects(fetched(hypervProvider(join(directory, 'none'), 10)), /hv_kvp_daemon/)
})

test('takes the boot FIFO of BlueField without its NULs', async () => {
  const path = join(directory, 'bootfifo')
  writeFileSync(path, '{"a": "ä"}\0\0')
  assert.equal(await fetched(nvidiabluefieldProvider(path)), '{"a": "ä"}')
  assert.equal(await fetched(nvidiabluefieldProvider(join(directory, 'none'))), undefined)
})
