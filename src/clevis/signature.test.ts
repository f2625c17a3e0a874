import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointOfJwk } from './jwk.ts'
import { isSignedBy, readSigned } from './signature.ts'

/** RFC 7515, A.3 and A.4. */
const examples = [
  {
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    protected: 'eyJhbGciOiJFUzI1NiJ9',
    payload:
      'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
    signature:
      'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  },
  {
    key: {
      kty: 'EC',
      crv: 'P-521',
      x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
      y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
    },
    protected: 'eyJhbGciOiJFUzUxMiJ9',
    payload: 'UGF5bG9hZA',
    signature:
      'AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
  },
]

for (const { key, ...signed } of examples)
  test(`the example of RFC 7515 on ${key.crv} is signed by its key, in both forms`, () => {
    const point = pointOfJwk(key)
    assert.ok(point)
    const isSigned = (value: unknown) => {
      const read = readSigned(value)
      assert.ok(read)
      return isSignedBy(read, point)
    }
    const { payload, ...signature } = signed
    const other = { protected: 'e30', signature: 'AAAA' }
    assert.ok(isSigned(signed))
    assert.ok(isSigned({ payload, signatures: [other, signature] }))
    assert.ok(!isSigned({ payload: `${payload}A`, signatures: [signature] }))
    assert.ok(!isSigned({ payload, signatures: [other] }))
    assert.ok(!isSigned({ payload, signatures: [] }))
    const swapped = examples.find((each) => each.key !== key)
    assert.ok(!isSigned({ ...signed, protected: swapped?.protected }))
  })

test('a text that is not signed at all is told apart', () => {
  for (const value of [undefined, null, [], {}, 'x', { payload: 1 }, { signatures: [] }])
    assert.equal(readSigned(value), undefined)
})
