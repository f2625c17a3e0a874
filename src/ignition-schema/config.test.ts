import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigOf } from './index.ts'

// What this test holds is held by the compiler, for which a mistake that it does not find is one.
test('each version has the type of its own specification', () => {
  const configs: [
    ConfigOf<'3.0.0'>,
    ConfigOf<'3.0.0'>,
    ConfigOf<'3.2.0'>,
    ConfigOf<'3.2.0'>,
    ConfigOf<'3.6.0'>,
  ] = [
    // @ts-expect-error proxies came with 3.1.0
    { ignition: { version: '3.0.0', proxy: {} } },
    // @ts-expect-error the source of a config had to be there
    { ignition: { version: '3.0.0', config: { replace: {} } } },
    // @ts-expect-error the target of a link had to be there
    { ignition: { version: '3.2.0' }, storage: { links: [{ path: '/a' }] } },
    // @ts-expect-error kernel arguments came with 3.3.0
    { ignition: { version: '3.2.0' }, kernelArguments: {} },
    {
      ignition: { version: '3.6.0', proxy: {}, config: { replace: {} } },
      storage: { links: [{ path: '/a' }], luks: [{ name: 'l', cex: { enabled: true } }] },
      kernelArguments: {},
    },
  ]
  assert.equal(configs.length, 5)
})
