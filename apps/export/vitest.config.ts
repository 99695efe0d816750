export { vitestConfig as default } from '../../vitest.base.ts';
