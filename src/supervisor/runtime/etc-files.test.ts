import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolvConf } from './etc-files.ts'

describe("a container's resolv.conf", () => {
  it('has the name servers that a container can reach', () => {
    assert.equal(
      resolvConf(
        '# local\nnameserver 127.0.0.53\nnameserver 10.0.2.3\nnameserver ::1\nsearch a b\noptions edns0\n',
      ),
      'nameserver 10.0.2.3\nsearch a b\noptions edns0\n',
    )
  })
})
