// node-redis: the tutorial's steps, in RESP2 and, where the client has it, RESP3. Prints `ok NAME` or
// `FAILED NAME: why` a line.
'use strict';
const assert = require('assert');
const { createClient } = require('redis');

const port = Number(process.argv[2]);
const major = Number(require('redis/package.json').version.split('.')[0]);
const tests = {
  async 'connects'(client) {
    assert.strictEqual(await client.ping(), 'PONG');
    assert.ok(client.isReady);
  },
  async 'strings: set, get, expiry'(client) {
    assert.strictEqual(await client.set('key', 'value'), 'OK');
    assert.strictEqual(await client.get('key'), 'value');
    assert.strictEqual(await client.set('key', 'other', { NX: true }), null);
    assert.strictEqual(await client.set('timed', 'v', { EX: 100 }), 'OK');
    assert.ok((await client.ttl('timed')) > 90);
    assert.strictEqual(await client.get('missing'), null);
    assert.strictEqual(await client.del(['key', 'timed', 'missing']), 2);
  },
  async 'numbers'(client) {
    assert.strictEqual(await client.incr('n'), 1);
    assert.strictEqual(await client.incrBy('n', 41), 42);
    await client.set('text', 'x');
    await assert.rejects(client.incr('text'), /not an integer/);
  },
  async 'many keys'(client) {
    assert.strictEqual(await client.mSet([['a', '1'], ['b', '2']]), 'OK');
    assert.deepStrictEqual(await client.mGet(['a', 'missing', 'b']), ['1', null, '2']);
  },
  async 'requests in one tick share a pipeline'(client) {
    const replies = await Promise.all([client.set('p', '1'), client.incr('p'), client.get('p')]);
    assert.deepStrictEqual(replies, ['OK', 2, '2']);
  },
  async 'a transaction'(client) {
    assert.deepStrictEqual(await client.multi().set('t', '1').get('t').exec(), ['OK', '1']);
  },
  async 'collections'(client) {
    await client.rPush('list', ['a', 'b', 'c']);
    assert.deepStrictEqual(await client.lRange('list', 0, -1), ['a', 'b', 'c']);
    await client.hSet('hash', { f: 'v', g: 'w' });
    assert.deepStrictEqual({ ...(await client.hGetAll('hash')) }, { f: 'v', g: 'w' });
    await client.sAdd('set', ['x', 'y']);
    assert.deepStrictEqual([...(await client.sMembers('set'))].sort(), ['x', 'y']);
    await client.zAdd('zset', [{ score: 1.5, value: 'one' }, { score: 2, value: 'two' }]);
    assert.deepStrictEqual(await client.zRangeWithScores('zset', 0, -1), [
      { value: 'one', score: 1.5 },
      { value: 'two', score: 2 },
    ]);
  },
  async 'publish and subscribe'(client) {
    const subscriber = client.duplicate();
    await subscriber.connect();
    let receive;
    const message = new Promise((resolve) => { receive = resolve; });
    await subscriber.subscribe('channel', (text, channel) => receive([channel, text]));
    await client.publish('channel', 'hello');
    assert.deepStrictEqual(await message, ['channel', 'hello']);
    await subscriber.disconnect();
  },
};

async function run(protocol) {
  const client = createClient({ socket: { port, reconnectStrategy: false }, ...(protocol === 3 ? { RESP: 3 } : {}) });
  client.on('error', () => {});
  await client.connect();
  await client.flushAll();
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(client);
      console.log(`ok RESP${protocol}: ${name}`);
    } catch (error) {
      console.log(`FAILED RESP${protocol}: ${name}: ${error.message}`);
    }
  }
  await client.disconnect();
}

(async () => {
  await run(2);
  if (major >= 5) await run(3);
})().catch((error) => {
  console.log(`FAILED connecting: ${error.message}`);
}).finally(() => process.exit());
