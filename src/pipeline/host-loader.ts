import { getRawAsset } from 'node:sea'
import { compileFunction } from 'node:vm'

// The main script of the host executable. V8 reads a text to its end before it runs any of it: a client, or a unit
// of the boot, must not pay for the daemon's. So the bundle is in pieces, and each is compiled when it is asked for.

type Module = { exports: unknown }

const loaded = new Map<string, Module>()

/** `require` of a piece of the bundle: of another one, by `./NAME`, or of what is built into Node. */
function requirePiece(id: string): unknown {
  if (!id.startsWith('./')) return builtin(id)
  const name = id.slice('./'.length)
  const known = loaded.get(name)
  if (known !== undefined) return known.exports
  const module: Module = { exports: {} }
  loaded.set(name, module)
  // All of it is ASCII, so it needs no decoding.
  const text = Buffer.from(getRawAsset(name)).toString('latin1')
  const run = compileFunction(text, ['exports', 'require', 'module'], { filename: name })
  run(module.exports, requirePiece, module)
  return module.exports
}

function builtin(id: string): unknown {
  const found: unknown = process.getBuiltinModule(id)
  if (found === undefined) throw new Error(`the host executable has no module ${id}`)
  return found
}

requirePiece('./host.js')
