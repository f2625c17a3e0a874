// Runs in an engine's world, where the registry is: pushes the image that is pulled to the registry that is named by
// the argument.
import { push, testImage } from '../../src/supervisor/images/testing/test-image.ts'
import { largeImage, largeLayer } from './large-image.ts'

const [registry = ''] = process.argv.slice(2)
const layers = Array.from({ length: largeImage.layers }, (_, index) => largeLayer(index))
await push(registry, 'bench/large', '1', testImage(layers))
