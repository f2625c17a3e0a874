import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { overlayOptions } from './overlay.ts'

describe('the options of an overlay', () => {
  it('name the top layer first', () => {
    assert.equal(
      overlayOptions('/base', ['/bottom', '/top'], '/upper', '/work'),
      'lowerdir+=/top,lowerdir+=/bottom,lowerdir+=/base,upperdir=/upper,workdir=/work',
    )
  })

  it('are refused beyond what overlayfs takes', () => {
    const layers = Array.from({ length: 500 }, (_, index) => `/layer${index}`)
    assert.throws(() => overlayOptions('/base', layers, '/upper', '/work'), {
      code: 'SLIPWAY_SUPERVISOR_TOO_MANY_LAYERS',
    })
  })
})
