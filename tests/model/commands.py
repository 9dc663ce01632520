"""The commands that the model test sends, as rows (grammar.py) by family. The word before the colon says
how the replies are compared: a function of that name in compare.py."""

STRINGS = """
6 exact: SET $s $value
4 near: SET $s $value [ EX $seconds | PX $milliseconds | EXAT $at_seconds | PXAT $at_milliseconds | KEEPTTL ]
    [ NX | XX ] [ GET ]
3 exact: GET $s
2 exact: GETSET $s $value
1 exact: GETDEL $s
1 exact: GETEX $s [ EX $seconds | PX $milliseconds | EXAT $at_seconds | PXAT $at_milliseconds | PERSIST ]
1 exact: SETEX $s $seconds $value
1 exact: PSETEX $s $milliseconds $value
2 exact: SETNX $s $value
2 exact: MGET { $s }
2 exact: MSET { $s $value }
1 exact: MSETNX { $s $value }
3 exact: APPEND $s $value
3 exact: STRLEN $s
4 exact: SETRANGE $s $offset $value
3 exact: GETRANGE $s $index $index
2 exact: GETRANGE $s $offset $offset
1 exact: SUBSTR $s $index $index
3 exact: INCR $s
2 exact: DECR $s
3 exact: INCRBY $s $integer
2 exact: DECRBY $s $integer
3 exact: INCRBYFLOAT $s $float
2 exact: LCS $s $s [ LEN | IDX | IDX WITHMATCHLEN | IDX MINMATCHLEN $positive ]
"""

BITMAPS = """
3 exact: SETBIT $s $bit_offset $bit
2 exact: GETBIT $s $bit_offset
2 exact: BITCOUNT $s
2 exact: BITCOUNT $s $index $index [ BIT | BYTE ]
1 exact: BITCOUNT $s $offset $offset [ BIT | BYTE ]
1 exact: BITPOS $s $bit
2 exact: BITPOS $s $bit $index
2 exact: BITPOS $s $bit $index $index [ BIT | BYTE ]
1 exact: BITPOS $s $bit $offset $offset [ BIT | BYTE ]
2 exact: BITOP ( AND | OR | XOR ) $s { $s }
1 exact: BITOP NOT $s $s
3 exact: BITFIELD $s { GET $bit_type $field_offset
    | SET $bit_type $field_offset $integer | INCRBY $bit_type $field_offset $integer
    | OVERFLOW ( WRAP | SAT | FAIL ) }
1 exact: BITFIELD_RO $s { GET $bit_type $field_offset }
"""

HYPERLOGLOGS = """
4 exact: PFADD $p { $observed }
1 exact: PFADD $p
2 counted: PFCOUNT { $p }
1 exact: PFMERGE $p { $p }
1 exact: GET $p
1 exact: STRLEN $p
1 exact: DEL $p
1 exact: COPY $p $p [ REPLACE ]
1 exact: RENAME $p $p
1 exact: EXPIREAT $p $at_seconds
1 exact: SET $p $value
1 exact: RPUSH $p $element
"""

KEYS = """
1 exact: DEL { $any }
1 exact: UNLINK $any
1 exact: DEL $x
2 exact: EXISTS { $any }
2 exact: TOUCH { $any }
2 exact: TYPE $any
1 unordered: KEYS $pattern
1 exact: DBSIZE
1 random-key: RANDOMKEY
1 scan-keys: [ MATCH $pattern ] [ COUNT $positive ] [ TYPE ( string | list | hash | set | zset ) ]
2 exact: COPY $any $any [ DB $bit ] [ REPLACE ]
1 exact: COPY $x $x [ REPLACE ]
1 exact: RENAME $any $any
1 exact: RENAMENX $any $any
1 exact: RENAME $x $x
1 exact: MOVE $any $bit
1 exact: SORT $l [ LIMIT $index $count ] [ ASC | DESC ]
1 exact: SORT $m [ LIMIT $index $count ] [ ASC | DESC ]
1 sorted-texts: SORT ( $l | $m | $z ) ALPHA [ ASC | DESC ]
1 exact: SORT ( $l | $m | $z ) [ LIMIT $index $count ] ALPHA [ ASC | DESC ] STORE $l
1 exact: SORT ( $l | $m | $z ) BY s* [ LIMIT $index $count ] [ ASC | DESC ]
    [ GET # ] [ GET s* ] [ GET h*->a ] [ STORE $l ]
1 exact: SORT $m BY h*->1 [ ASC | DESC ] GET #
1 unordered: SORT ( $l | $m | $z ) BY s* ALPHA [ ASC | DESC ] [ GET # ]
1 exact: SORT $x BY nosort [ LIMIT $index $count ] [ ASC | DESC ] [ GET h*->a GET # ] [ STORE $l ]
1 unordered: SORT ( $m | $l | $z ) BY nosort
1 exact: SORT $m BY nosort STORE $l
1 exact: SORT_RO $l [ LIMIT $index $count ] [ ASC | DESC ]
"""

EXPIRY = """
1 exact: EXPIRE $any $seconds [ NX | XX ]
1 exact: PEXPIRE $any $milliseconds [ NX | XX ]
1 exact: EXPIREAT $any $at_seconds [ NX | XX | GT | LT ]
1 exact: PEXPIREAT $any $at_milliseconds [ NX | XX | GT | LT ]
1 exact: EXPIRE $any $past [ NX | XX | GT | LT ]
1 exact: PERSIST $any
2 near: ( TTL | PTTL | EXPIRETIME | PEXPIRETIME ) $any
"""

HASHES = """
8 exact: HSET $h { $field $line }
2 exact: HMSET $h { $field $line }
2 exact: HSETNX $h $field $line
3 exact: HGET $h $field
2 exact: HMGET $h { $field }
3 exact: HDEL $h { $field }
2 exact: HEXISTS $h $field
2 exact: HLEN $h
2 exact: HSTRLEN $h $field
2 exact: HINCRBY $h $field $integer
2 exact: HINCRBYFLOAT $h $field $float
2 pairs: HGETALL $h
1 unordered: HKEYS $h
1 unordered: HVALS $h
1 random-field: HRANDFIELD $h
1 random-fields: HRANDFIELD $h $signed
1 random-pairs: HRANDFIELD $h $signed WITHVALUES
1 scan: HSCAN $h [ MATCH $match ] [ COUNT $positive ]
"""

LISTS = """
5 exact: RPUSH $l { $line }
5 exact: LPUSH $l { $line }
1 exact: RPUSHX $l { $line }
1 exact: LPUSHX $l { $line }
3 exact: LPOP $l [ $count ]
3 exact: RPOP $l [ $count ]
2 exact: LLEN $l
3 exact: LRANGE $l $index $index
1 exact: LRANGE $l 0 -1
3 exact: LINDEX $l $index
3 exact: LSET $l $index $line
4 exact: LINSERT $l ( BEFORE | AFTER ) $element $line
3 exact: LREM $l $index $element
2 exact: LTRIM $l $index $index
3 exact: LPOS $l $element [ RANK $index ] [ COUNT $count ] [ MAXLEN $count ]
3 exact: LMOVE $l $l ( LEFT | RIGHT ) ( LEFT | RIGHT )
1 exact: RPOPLPUSH $l $l
1 exact: LMPOP #{ $l } ( LEFT | RIGHT ) [ COUNT $positive ]
"""

SETS = """
8 exact: SADD $m { $element }
4 exact: SREM $m { $element }
2 exact: SISMEMBER $m $element
2 exact: SMISMEMBER $m { $element }
2 exact: SCARD $m
2 unordered: SMEMBERS $m
2 exact: SMOVE $m $m $element
2 unordered: ( SINTER | SUNION | SDIFF ) { $m }
2 exact: ( SINTERSTORE | SUNIONSTORE | SDIFFSTORE ) $m { $m }
1 exact: SINTERCARD #{ $m } [ LIMIT $count ]
1 random-member: SRANDMEMBER $m
1 random-members: SRANDMEMBER $m $signed
1 pop: SPOP $m [ $count ]
1 scan: SSCAN $m [ MATCH $match ] [ COUNT $positive ]
"""

SORTED_SETS = """
8 exact: ZADD $z [ NX | XX | GT | LT | XX GT | XX LT ] [ CH ] { $score $element }
1 exact: ZADD $z [ NX | XX | GT | LT ] INCR $score $element
3 exact: ZINCRBY $z $score $element
3 exact: ZREM $z { $element }
2 exact: ZSCORE $z $element
2 exact: ZMSCORE $z { $element }
1 exact: ZCARD $z
2 exact: ZCOUNT $z $bound $bound
2 exact: ( ZRANK | ZREVRANK ) $z $element
2 exact: ZRANGE $z $index $index [ REV ] [ WITHSCORES ]
2 exact: ZRANGE $z $bound $bound BYSCORE [ REV ] [ LIMIT $index $signed ] [ WITHSCORES ]
1 exact: ZREVRANGE $z $index $index [ WITHSCORES ]
1 exact: ( ZRANGEBYSCORE | ZREVRANGEBYSCORE ) $z $bound $bound [ WITHSCORES ] [ LIMIT $count $signed ]
1 exact: ZRANGESTORE $z $z $index $index [ REV ]
1 exact: ZRANGESTORE $z $z $bound $bound BYSCORE [ REV ] [ LIMIT $count $signed ]
1 exact: ( ZPOPMIN | ZPOPMAX ) $z [ $count ]
1 exact: ZMPOP #{ $z } ( MIN | MAX ) [ COUNT $positive ]
1 exact: ZREMRANGEBYRANK $z $index $index
1 exact: ZREMRANGEBYSCORE $z $bound $bound
2 exact: ( ZUNION | ZINTER ) #{ $z } [ AGGREGATE ( SUM | MIN | MAX ) ] [ WITHSCORES ]
1 exact: ( ZUNION | ZINTER ) 2 $z $z WEIGHTS $weight $weight [ AGGREGATE ( SUM | MIN | MAX ) ] [ WITHSCORES ]
1 exact: ZDIFF #{ $z } [ WITHSCORES ]
2 exact: ( ZUNIONSTORE | ZINTERSTORE ) $z #{ ( $z | $m ) } [ AGGREGATE ( SUM | MIN | MAX ) ]
1 exact: ( ZUNIONSTORE | ZINTERSTORE ) $z 2 ( $z | $m ) $z WEIGHTS $weight $weight [ AGGREGATE ( SUM | MIN | MAX ) ]
1 exact: ZDIFFSTORE $z #{ ( $z | $m ) }
1 exact: ZINTERCARD #{ $z } [ LIMIT $count ]
1 random-member-of-scores: ZRANDMEMBER $z
1 random-members-of-scores: ZRANDMEMBER $z $signed
1 random-scores: ZRANDMEMBER $z $signed WITHSCORES
1 scan: ZSCAN $z [ MATCH $match ] [ COUNT $positive ]
4 exact: ZADD $x { 0 $element }
1 exact: ZREM $x { $element }
2 exact: ( ZLEXCOUNT | ZRANGEBYLEX | ZREVRANGEBYLEX ) $x $lexical $lexical
1 exact: ( ZRANGEBYLEX | ZREVRANGEBYLEX ) $x $lexical $lexical LIMIT $count $signed
1 exact: ZRANGE $x $lexical $lexical BYLEX [ REV ] [ LIMIT $count $signed ]
1 exact: ZRANGESTORE $x $x $lexical $lexical BYLEX [ REV ] [ LIMIT $count $signed ]
1 exact: ZREMRANGEBYLEX $x $lexical $lexical
"""

GEO = """
6 exact: GEOADD $g [ NX | XX ] [ CH ] { $longitude $latitude $element }
1 exact: ZREM $g { $element }
2 exact: GEOPOS $g { $element }
2 exact: GEODIST $g $element $element [ m | km | ft | mi ]
1 exact: GEOHASH $g { $element }
2 unordered: GEOSEARCH $g ( FROMMEMBER $element | FROMLONLAT $longitude $latitude )
    ( BYRADIUS $distance km | BYBOX $distance $distance km ) [ WITHDIST ] [ WITHCOORD ] [ WITHHASH ]
2 nearest: GEOSEARCH $g ( FROMMEMBER $element | FROMLONLAT $longitude $latitude )
    ( BYRADIUS $distance km | BYBOX $distance $distance mi ) ( ASC | DESC | COUNT $positive ) WITHDIST
1 exact: GEOSEARCHSTORE $g $g ( FROMMEMBER $element | FROMLONLAT $longitude $latitude )
    ( BYRADIUS $distance km | BYBOX $distance $distance km ) [ STOREDIST ]
1 unordered: GEORADIUS $g $longitude $latitude $distance ( km | m | mi ) [ WITHDIST ] [ WITHCOORD ]
1 unordered: GEORADIUSBYMEMBER $g $element $distance km [ WITHHASH ]
1 exact: GEORADIUS $g $longitude $latitude $distance km ( STORE | STOREDIST ) $g
"""

# Ids only ascend, since "*" takes the time, which differs. Idle times are 0 or far beyond what a test takes.
STREAMS = """
20 exact: XADD $t [ NOMKSTREAM ] $new_id { $field $line }
3 exact: XADD $t ( MAXLEN [ = ] $stream_length | MAXLEN ~ $stream_length [ LIMIT $count ] | MINID [ = | ~ ] $old_id ) $new_id { $field $line }
1 exact: XADD $t $old_id { $field $line }
2 exact: XLEN $t
4 exact: ( XRANGE | XREVRANGE ) $t $id_bound $id_bound [ COUNT $count ]
2 exact: XRANGE $t - +
2 exact: XREVRANGE $t + - COUNT $count
3 exact: XDEL $t { $old_id }
1 exact: XTRIM $t MAXLEN ~ $stream_length [ LIMIT $count ]
1 exact: XTRIM $t MINID [ = | ~ ] $old_id
1 exact: XTRIM $t MAXLEN $stream_length
1 exact: XSETID $t $old_id [ ENTRIESADDED $count ] [ MAXDELETEDID $old_id ]
3 exact: XREAD [ COUNT $count ] STREAMS $t $old_id
1 exact: XREAD STREAMS $t $t $old_id $group_start
3 exact: XGROUP CREATE $t $group $group_start [ MKSTREAM ] [ ENTRIESREAD $count ]
1 exact: XGROUP SETID $t $group $group_start [ ENTRIESREAD $count ]
1 exact: XGROUP DESTROY $t $group
1 exact: XGROUP CREATECONSUMER $t $group $consumer
1 exact: XGROUP DELCONSUMER $t $group $consumer
7 exact: XREADGROUP GROUP $group $consumer [ COUNT $count ] [ NOACK ] STREAMS $t >
2 exact: XREADGROUP GROUP $group $consumer [ COUNT $count ] STREAMS $t $old_id
1 exact: XREADGROUP GROUP $group $consumer STREAMS $t $t > >
6 exact: XACK $t $group { $old_id }
2 exact: XPENDING $t $group
2 pending: XPENDING $t $group [ IDLE $idle ] $id_bound $id_bound $count [ $consumer ]
3 exact: XCLAIM $t $group $consumer $idle { $old_id } [ IDLE $idle ] [ RETRYCOUNT $count ] [ FORCE ] [ JUSTID ] [ LASTID $old_id ]
3 exact: XAUTOCLAIM $t $group $consumer $idle $id_bound [ COUNT $count ] [ JUSTID ]
2 stream-info: XINFO STREAM $t
2 exact: XINFO GROUPS $t
1 consumers: XINFO CONSUMERS $t $group
1 exact: COPY $t $t [ REPLACE ]
"""

# Within a transaction, where they do not wait, and with several clients, where somebody else ends their wait.
BLOCKING = """
1 exact: ( BLPOP | BRPOP ) { $l } 0
1 exact: ( BLMOVE ) $l $l ( LEFT | RIGHT ) ( LEFT | RIGHT ) 0
1 exact: BRPOPLPUSH $l $l 0
1 exact: BLMPOP 0 #{ $l } ( LEFT | RIGHT ) [ COUNT $positive ]
1 exact: ( BZPOPMIN | BZPOPMAX ) { $z } 0
1 exact: BZMPOP 0 #{ $z } ( MIN | MAX ) [ COUNT $positive ]
1 exact: XREAD BLOCK 0 STREAMS $t $old_id
1 exact: XREADGROUP GROUP $group $consumer BLOCK 0 STREAMS $t >
"""

# Two commands in one step: the payload that DUMP gave goes into RESTORE, at the same server or the other one.
PAYLOADS = """
1 transfer-own: $any $any 0 [ REPLACE ]
1 transfer-crossed: $any $any 0 [ REPLACE ]
1 transfer-own: $any $any $milliseconds REPLACE
1 transfer-crossed: $p $p 0 [ REPLACE ]
"""

# What only makes sense with several clients: each is in the middle of a transaction, or watches, or not.
TRANSACTIONS = """
3 exact: WATCH { $any }
1 exact: UNWATCH
3 exact: MULTI
4 exact: EXEC
1 exact: DISCARD
"""

RARE = """
3 exact: SWAPDB 0 1
1 exact: FLUSHDB [ ASYNC | SYNC ]
"""

FAMILIES = {
    "strings": STRINGS,
    "bitmaps": BITMAPS,
    "hyperloglogs": HYPERLOGLOGS,
    "keys": KEYS,
    "expiry": EXPIRY,
    "hashes": HASHES,
    "lists": LISTS,
    "sets": SETS,
    "sorted-sets": SORTED_SETS,
    "geo": GEO,
    "streams": STREAMS,
    "payloads": PAYLOADS,
}
