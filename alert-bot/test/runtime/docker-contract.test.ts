import { describeRuntimeContract } from '../runtime-contract.ts';
import { createFakeWorld } from './fake-world.ts';

describeRuntimeContract('the Docker runtime on API 1.51', () => createFakeWorld({ apiVersion: '1.51' }));
describeRuntimeContract('the Docker runtime on API 1.41', () => createFakeWorld({ apiVersion: '1.41' }));
