/**
 * BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) with the customary
 * `saturation` k1 and `lengthShare` b. `title`, `heading`: how many mentions in the text one there is
 * worth. `prior` is added to the number of passages, since a handful says little about what is rare.
 * The last two chosen on 55 questions that this project's documents answer and 50 that they don't.
 */
const ranking = { saturation: 1.2, lengthShare: 0.75, title: 1, heading: 3, prior: 20 } as const;

/** Bounds of the work, whatever is asked: words, passages looked at for rare words, and passages weighed. */
const most = {
  words: 32,
  weightyWords: 8,
  candidates: 5000,
  rareCandidates: 2000,
  weighed: 200,
} as const;

/** What a text can reach: the weight of all words, but of a long question only that of `weightyWords` average ones. */
const wholeWeight = `(select avg(idf) * least(count(*), ${most.weightyWords}) from terms)`;

/** What is less relevant is no result at all; what to quote is decided in the core. */
const leastScore = 0.1;

/** Words that dress a question up; they are searched for only where there is nothing else. */
const fillers =
  "{hello,hi,hey,please,thanks,thank,tell,show,explain,describe,give,know,want,need,like,help,could,would,may,might,shall,let," +
  "get,mean,means,meaning,work,works,working,look,looks,happen,happens}";

/** Without the marks that PostgreSQL's parser would make tags, paths and addresses of, which hide their words. */
const clean = (text: string) => `translate(${text}, '<>/:=', '     ')`;

/**
 * The question's words as `terms`: a tsquery each, with its weight (idf) by the exact number of
 * passages that have it; an unknown word weighs most. A word is found in its own form, as its stem and as
 * the stem's stem: "embed" and "embedding" have different stems.
 */
const termsSql = (schema: string) => `
  raw as (
    select w.lexeme, w.positions[1] as place, ts_lexize('pg_catalog.english_stem', w.lexeme) as stem,
      w.lexeme = any ('${fillers}'::text[]) as filler
    from unnest(to_tsvector('pg_catalog.simple', ${clean("left(?::text, 4000)")})) as w
  ),
  asked as (
    select lexeme, stem[1] as stem from raw
    where stem <> '{}' and (not filler or not exists (select from raw where stem <> '{}' and not filler))
    order by place limit ${most.words}
  ),
  words as materialized (
    select array_agg(distinct v.form) as forms,
      string_agg(distinct '''' || replace(replace(v.form, '\\', '\\\\'), '''', '''''') || '''', ' | ')::tsquery as query
    from asked a
    cross join lateral unnest(array[a.lexeme, a.stem] || ts_lexize('pg_catalog.english_stem', a.stem)) as v (form)
    group by a.stem
  ),
  terms as materialized (
    select w.forms, w.query, f.passages, ln(1 + (n.passages + ${ranking.prior} - f.passages + 0.5) / (f.passages + 0.5)) as idf
    from words w
    cross join (select count(*)::float8 as passages from ${schema}.passages) n
    cross join lateral (select count(*)::float8 as passages from ${schema}.passages p where p.search @@ w.query) f
  )`;

/**
 * The best passages for a question, best first. Parameters: the question, the limit. The score is the
 * BM25 sum as a share of what all of the question's words could reach. Passages that have none of its
 * rarer words are not looked at once those alone bring enough.
 */
export const searchSql = (schema: string) => `
with ${termsSql(schema)},
  rare as (
    select query, sum(passages) over (order by passages, query::text rows between unbounded preceding and 1 preceding) as before
    from terms where passages > 0
  ),
  candidates as materialized (
    select p.id, p.search, length(p.search) as size, (select sum(t.idf) from terms t where p.search @@ t.query) as idf
    from ${schema}.passages p
    where p.search @@ (select string_agg(r.query::text, ' | ')::tsquery from rare r where coalesce(r.before, 0) < ${most.rareCandidates})
    limit ${most.candidates}
  ),
  weighed as materialized (
    select id, search, size / avg(size) over () as relative_size from candidates order by idf desc, id limit ${most.weighed}
  ),
  mentions as (
    select c.id, c.relative_size, t.term, t.idf,
      sum((select sum(case w when 'A' then ${ranking.title} when 'B' then ${ranking.heading} else 1 end) from unnest(u.weights) as w)) as count
    from weighed c
    cross join lateral unnest(c.search) as u (lexeme, positions, weights)
    join (select query::text as term, idf, unnest(forms) as form from terms) t on t.form = u.lexeme
    group by c.id, c.relative_size, t.term, t.idf
  ),
  scored as (
    select m.id, least(1, sum(m.idf * m.count / (m.count + ${ranking.saturation} * (1 - ${ranking.lengthShare} + ${ranking.lengthShare} * m.relative_size)))
      / ${wholeWeight})::float8 as score
    from mentions m group by m.id
  )
select p.id, p.document_id as "documentId", p.title, d.url, p.heading, null as page, p.content as text, p.start_offset as start, s.score
from scored s
join ${schema}.passages p on p.id = s.id
join ${schema}.documents d on d.id = p.document_id
where s.score >= ${leastScore}
order by s.score desc, p.document_id, p.start_offset
limit ?::int`;

/**
 * How much of the question's weight stands in each sentence, from 0 to 1, in order. Parameters: the
 * question, the sentences as a JSON array.
 */
export const scoreSql = (schema: string) => `
with ${termsSql(schema)}
select least(1, coalesce((select sum(t.idf) from terms t where v.search @@ t.query), 0) / coalesce(${wholeWeight}, 1))::float8 as score
from jsonb_array_elements_text(?::jsonb) with ordinality as s (sentence, place)
cross join lateral (select to_tsvector('pg_catalog.english', ${clean("left(s.sentence, 4000)")}) as search offset 0) v
order by s.place`;
