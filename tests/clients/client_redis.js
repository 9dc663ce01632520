// node-redis: the tutorial's steps, in RESP2 and, where the client has it, RESP3. Prints `ok NAME` or
// `FAILED NAME: why` a line.
'use strict';
const assert = require('assert');
const { createClient, BasicClientSideCache, WatchError } = require('redis');

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
  async 'patterns and shard channels'(client) {
    const subscriber = client.duplicate();
    await subscriber.connect();
    const received = [];
    await new Promise((resolve, reject) => {
      const receive = (text, channel) => {
        received.push(`${channel}: ${text}`);
        if (received.length === 2) resolve();
      };
      Promise.all([subscriber.pSubscribe('chan*', receive), subscriber.sSubscribe('shard', receive)])
        .then(() => client.publish('channel', 'one'))
        .then(() => client.sPublish('shard', 'two'))
        .catch(reject);
    });
    assert.deepStrictEqual(received.sort(), ['channel: one', 'shard: two']);
    await subscriber.pUnsubscribe();
    await subscriber.sUnsubscribe();
    await subscriber.disconnect();
  },
  async 'a transaction with an error in it'(client) {
    await assert.rejects(client.multi().set('text', 'x').incr('text').exec(), (error) => {
      assert.strictEqual(error.replies[0], 'OK');
      assert.match(error.replies[1].message, /not an integer/);
      return true;
    });
  },
  async 'WATCH'(client) {
    const other = client.duplicate();
    await other.connect();
    await client.watch('paymentId:1259');
    const multi = client.multi().set('paymentId:1259', 'Payment Successfully Completed!').get('paymentId:1259');
    await other.set('paymentId:1259', 'Payment Cancelled');
    await assert.rejects(multi.exec(), WatchError);
    assert.deepStrictEqual(await client.multi().get('paymentId:1259').exec(), ['Payment Cancelled']);
    await other.disconnect();
  },
  async 'a pipeline without a transaction'(client) {
    assert.deepStrictEqual(await client.multi().set('a', '3').get('a').execAsPipeline(), ['OK', '3']);
  },
  async 'MONITOR'(client) {
    const monitor = client.duplicate();
    await monitor.connect();
    let receive;
    const seen = new Promise((resolve) => { receive = resolve; });
    await monitor.monitor((line) => {
      if (line.includes('closely')) receive(line);
    });
    await client.set('watched', 'closely');
    assert.match(await seen, /"SET" "watched" "closely"$/);
    await monitor.disconnect();
  },
};

// The client's own cache, which the server tells what to forget. Of RESP3 alone.
async function clientSideCaching() {
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, evictPolicy: 'LRU' });
  const client = createClient({ socket: { port, reconnectStrategy: false }, RESP: 3, clientSideCache: cache });
  const writer = createClient({ socket: { port, reconnectStrategy: false } });
  await client.connect();
  await writer.connect();
  for (let version = 1; version <= 200; version += 1) {
    await writer.set('cached', String(version));
    await client.ping(); // by its reply the invalidation is there
    for (let i = 0; i < 3; i += 1) assert.strictEqual(await client.get('cached'), String(version));
  }
  const stats = cache.stats();
  assert.ok(stats.hitCount >= 400 && stats.missCount >= 200, JSON.stringify(stats));
  await writer.hSet('cached hash', { f: '1' });
  assert.deepStrictEqual({ ...(await client.hGetAll('cached hash')) }, { f: '1' });
  await writer.flushAll();
  await client.ping();
  assert.strictEqual(await client.get('cached'), null);
  await client.disconnect();
  await writer.disconnect();
}

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
  if (major < 5) return;
  await run(3);
  await clientSideCaching();
  console.log('ok RESP3: client-side caching');
})().catch((error) => {
  console.log(`FAILED: ${error.stack}`);
}).finally(() => process.exit());
