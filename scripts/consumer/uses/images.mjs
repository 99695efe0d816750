import assert from 'node:assert/strict';
import { createImageWorkers, decodeImage, resizeImage } from '@mmhs/images';

// A PNG of one red pixel.
const bytes = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64');

const image = await decodeImage({ bytes, name: 'red.png' });
assert.deepEqual([image.width, image.height, ...image.data], [1, 1, 255, 0, 0]);
assert.deepEqual([...resizeImage(image, { width: 2, height: 1, filter: 'bicubic' }).data], [255, 0, 0, 255, 0, 0]);

const workers = createImageWorkers({ threads: 1 });
const prepared = await workers.prepareImage({
  bytes,
  steps: [{ kind: 'resize', width: 2, height: 2, filter: 'lanczos' }],
  output: { kind: 'image' },
});
assert.deepEqual([...prepared.data], [255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0]);
await workers.close();
