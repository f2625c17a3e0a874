import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookUpUser } from './user.ts'

const passwd = 'root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/www:/bin/sh\nbroken line\n'
const group = 'root:x:0:\nweb:x:1001:\nlogs:x:44:web,other\n'

describe('the user of a container', () => {
  for (const [text, uid, gid, additionalGids, home] of [
    ['', 0, 0, [0], '/root'],
    ['web', 1000, 1001, [44, 1001], '/www'],
    ['1000', 1000, 1001, [44, 1001], '/www'],
    ['web:logs', 1000, 44, [44], '/www'],
    ['web:7', 1000, 7, [7], '/www'],
    ['4242', 4242, 0, [0], '/'],
    ['4242:4343', 4242, 4343, [4343], '/'],
  ] as const)
    it(`"${text}" is looked up in the image`, () => {
      assert.deepEqual(lookUpUser(text, passwd, group), { uid, gid, additionalGids, home })
    })

  for (const text of ['nobody', 'web:nogroup', '99999999999'])
    it(`"${text}" is refused when the image does not know it`, () => {
      assert.throws(() => lookUpUser(text, passwd, group), {
        code: 'SLIPWAY_SUPERVISOR_USER_UNKNOWN',
      })
    })
})
