/**
 * The search over a tenant's passages: BM25 (Robertson and Zaragoza, "The Probabilistic Relevance
 * Framework", 2009) with document frequencies counted at question time through the GIN index. A score
 * is divided by the weight of all of the question's words, those that occur nowhere included, so that
 * it runs from 0 to 1 and a question about something else stays near 0.
 *
 * Placeholders: the question, then what each statement adds. `schema` is quoted.
 */

/** BM25's term saturation and length normalisation at their usual values; title and heading count double. */
const rank = { k1: 1.2, b: 0.75, titleWeight: 2 };

/** Bounds that keep a question about very common words cheap: postings read, passages rated, passages ranked. */
const bounds = { postings: 2000, candidates: 5000, ranked: 200, words: 32, characters: 4000 };

/** Words of talk, not of a subject: they count only where there is nothing else. */
const fillers =
  "hello hi hey please thanks thank tell show explain describe give know want need like help could would may might " +
  "shall let get mean means meaning work works working look looks happen happens";

/** PostgreSQL reads <, / and the like as markup or paths; here they only stand between words. */
const clean = (text: string) => `translate(left(${text}, ${bounds.characters}), '<>/:=', '     ')`;

const quoteLexeme = String.raw`'''' || replace(replace(v.variant, '\', '\\'), '''', '''''') || ''''`;

/** The question's words with their variants, each with the number of its passages and its weight. */
const termsOf = (schema: string) => `
  asked as (select ${clean("?::text")} as question),
  raw as (
    select w.lexeme, w.positions[1] as place, ts_lexize('pg_catalog.english_stem', w.lexeme) as stem,
           w.lexeme = any (string_to_array('${fillers}', ' ')) as filler
    from asked, unnest(to_tsvector('pg_catalog.simple', asked.question)) as w
  ),
  chosen as (
    select lexeme, stem[1] as stem, filler from raw
    where stem <> '{}' and (not filler or not exists (select from raw where stem <> '{}' and not filler))
    order by filler, place limit ${bounds.words}
  ),
  words as materialized (
    select array_agg(distinct v.variant) as variants,
           string_agg(distinct ${quoteLexeme}, ' | ')::tsquery as query
    from chosen c
    cross join lateral unnest(array[c.lexeme, c.stem] || ts_lexize('pg_catalog.english_stem', c.stem)) as v (variant)
    where v.variant is not null
    group by c.stem
  ),
  terms as materialized (
    select w.variants, w.query, f.df, ln(1 + (n.size - f.df + 0.5) / (f.df + 0.5)) as idf
    from words w
    cross join (select count(*)::float8 as size from ${schema}.passages) n
    cross join lateral (select count(*)::float8 as df from ${schema}.passages p where p.search @@ w.query) f
  )`;

/** Adds: the number of passages. Best first, as a Passage each. */
export const retrieveSql = (schema: string) => `
  with ${termsOf(schema)},
  drivers as (
    select t.query, sum(t.df) over (
      order by t.df, t.query::text rows between unbounded preceding and 1 preceding
    ) as before
    from terms t where t.df > 0
  ),
  candidates as materialized (
    select p.id, p.search, length(p.search) as size,
           (select sum(t.idf) from terms t where p.search @@ t.query) as rough
    from ${schema}.passages p
    where p.search @@ (
      select string_agg(d.query::text, ' | ')::tsquery from drivers d where coalesce(d.before, 0) < ${bounds.postings}
    )
    limit ${bounds.candidates}
  ),
  pool as materialized (
    select c.id, c.search, c.size / avg(c.size) over () as relative_size
    from candidates c order by c.rough desc, c.id limit ${bounds.ranked}
  ),
  counts as (
    select c.id, c.relative_size, t.query::text as term, t.idf, sum(h.tf) as tf
    from pool c
    cross join lateral unnest(c.search) as u (lexeme, positions, weights)
    join terms t on u.lexeme = any (t.variants)
    cross join lateral (
      select sum(case x.weight when 'A' then ${rank.titleWeight} else 1 end) as tf from unnest(u.weights) as x (weight)
    ) h
    group by c.id, c.relative_size, t.query::text, t.idf
  ),
  scored as (
    select c.id, sum(
      c.idf * c.tf / (c.tf + ${rank.k1} * (1 - ${rank.b} + ${rank.b} * c.relative_size))
    ) / (select sum(idf) from terms) as score
    from counts c group by c.id
  )
  select p.id, p.document_id as "documentId", d.title, d.url, p.heading, p.content as text,
         p.start_offset as start, s.score::float8 as score
  from scored s
  join ${schema}.passages p on p.id = s.id
  join ${schema}.documents d on d.id = p.document_id
  order by s.score desc, p.document_id, p.start_offset, p.id
  limit ?`;

/** Adds: a JSON list of sentences. A row for each, in order: the weighed share of the question's words that it has. */
export const scoreSql = (schema: string) => `
  with ${termsOf(schema)}
  select coalesce(
    (select sum(t.idf) from terms t where v.search @@ t.query) / nullif((select sum(t.idf) from terms t), 0), 0
  )::float8 as score
  from jsonb_array_elements_text(?::jsonb) with ordinality as s (sentence, place)
  cross join lateral (select to_tsvector('pg_catalog.english', ${clean("s.sentence")}) as search offset 0) v
  order by s.place`;
