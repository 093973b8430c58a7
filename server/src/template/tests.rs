//! What templates render, report as missing, and refuse.

use super::*;
use serde_json::json;

fn event() -> Value {
    json!({
        "id": "evt_abc123def456", "timestamp": "2026-03-14T10:30:00Z",
        "data": {
            "agentId": "my-agent", "nothing": null, "count": 3, "share": 0.5, "big": u64::MAX, "on": true, "whole": 1.0,
            "message": {"content": "<b>\"hi\"</b> & {{ id }}", "z": 1, "a": 2},
            "items": [{"name": "first"}, {"id": 2}, {"name": "third"}],
            "error": {"message": "boom"}
        }
    })
}

fn text(source: &str) -> Result<(String, Vec<String>), String> {
    let rendered = Template::text(source).map_err(|error| format!("compile: {error}"))?;
    rendered
        .render(&event())
        .map(|rendered| (rendered.body, rendered.missing))
        .map_err(|error| error.to_string())
}

#[track_caller]
fn assert_text(source: &str, body: &str, missing: &[&str]) {
    let missing = missing.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(text(source), Ok((body.to_owned(), missing)), "{source}");
}

#[test]
fn values_print_as_text_or_compact_json() {
    assert_text("{{data.error.message}} at {{timestamp}}", "boom at 2026-03-14T10:30:00Z", &[]);
    assert_text("{{ data.message.content }}", "<b>\"hi\"</b> & {{ id }}", &[]);
    assert_text("{{data.message}}", r#"{"content":"<b>\"hi\"</b> & {{ id }}","z":1,"a":2}"#, &[]);
    assert_text("{{data.items}}", r#"[{"name":"first"},{"id":2},{"name":"third"}]"#, &[]);
    assert_text(
        "{{data.items[0].name}} {{data.items[-1].name}} {{data['items'][2]}}",
        r#"first third {"name":"third"}"#,
        &[],
    );
    assert_text(
        "[{{data.nothing}}] {{data.count}} {{data.share}} {{data.whole}} {{data.on}} {{data.big}}",
        "[] 3 0.5 1.0 true 18446744073709551615",
        &[],
    );
    assert_text("no marks\n", "no marks\n", &[]);
    assert_text("{{id}}\n", "evt_abc123def456\n", &[]);
    assert_text("{{ '{{ id }}' }}{% raw %}{{ id }}{% endraw %}{# not shown #}", "{{ id }}{{ id }}", &[]);
}

#[test]
fn what_is_not_there_is_empty_and_named() {
    assert_text("a{{data.nope.deep}}b{{nope}}c{{data.nope.deep}}", "abc", &["data.nope.deep", "nope"]);
    assert_text(
        "{{data.items[1].name}}|{{data.items[9].name}}",
        "|",
        &["data.items[1].name", "data.items[9].name"],
    );
    assert_text("{{data.agentId.x}}", "", &["data.agentId.x"]);
    assert_text(
        "{{data.nothing.x}}{{data.count.x.y}}{{id.x}}",
        "",
        &["data.nothing.x", "data.count.x.y", "id.x"],
    );
    assert_text("{{data.nope|upper}}{{ 'x' ~ data.gone }}", "x", &["data.nope", "data.gone"]);
    assert_text("{% for item in data.nope %}x{% endfor %}", "", &["data.nope"]);
    assert_text(
        "{% for item in data.items %}{{item.name}},{% endfor %}",
        "first,,third,",
        &["data.items[1].name"],
    );
}

#[test]
fn what_a_template_asks_about_is_not_missing() {
    assert_text("{{data.nope|default('none')}}{{data.nope|d}}", "none", &[]);
    assert_text("{{data.nothing|default('none', true)}}{{data.count|default(1)}}", "none3", &[]);
    assert_text("{% if data.nope %}a{% else %}b{% endif %}{% if not data.nope.x %}c{% endif %}", "bc", &[]);
    assert_text(
        "{{data.nope is defined}} {{data.count is defined}} {{data.nope.x is undefined}}",
        "false true true",
        &[],
    );
}

#[test]
fn filters_and_loops_work_on_the_events_values() {
    assert_text(
        "{{data.agentId|upper}} {{data.items|length}} {{data.message|tojson}}",
        r#"MY-AGENT 3 {"content":"<b>\"hi\"</b> & {{ id }}","z":1,"a":2}"#,
        &[],
    );
    assert_text("{% for key, value in data.error|items %}{{key}}={{value}}{% endfor %}", "message=boom", &[]);
    assert_text("{% for key in data.message %}{{key}} {% endfor %}", "content z a ", &[]);
    assert_text(
        "{{data.items|map(attribute='name')|first}} {{ 'message' in data.error }}",
        "first true",
        &[],
    );
    assert_text(
        "{% if data.count in [1, 2, 3] %}a{% endif %}{% if data.agentId in ('x', 'my-agent') %}b{% endif %}",
        "ab",
        &[],
    );
    assert_text(
        "{{ {'a': 1}['a'] }}{{ data['agentId'] }}{{ [1, 'x', none, true] }}",
        "1my-agent[1,\"x\",null,true]",
        &[],
    );
    assert_text("{% for i in range(3) %}{{loop.index}}{% endfor %}{{ (data.count + 1) * 2 }}", "1238", &[]);
    assert_text("{{ 'a' ~ data.error }}", r#"a{"message":"boom"}"#, &[]);
}

#[test]
fn a_transform_keeps_its_shape() {
    let transform = json!({
        "text": "{{data.error.message}} at {{timestamp}}", "n": 1, "on": true, "none": null, "{{id}}": "key stays",
        "list": ["{{data.message.content}}", "{{data.count}}", {"deep": "{{data.items}}"}], "gone": "{{data.gone}}"
    });
    let rendered = Template::compile(&transform).unwrap().render(&event()).unwrap();
    assert_eq!(
        rendered.body,
        r#"{"text":"boom at 2026-03-14T10:30:00Z","n":1,"on":true,"none":null,"{{id}}":"key stays","list":["<b>\"hi\"</b> & {{ id }}","3",{"deep":"[{\"name\":\"first\"},{\"id\":2},{\"name\":\"third\"}]"}],"gone":""}"#
    );
    assert_eq!(rendered.missing, ["data.gone"]);
    assert_eq!(
        Template::compile(&json!("{{id}}")).unwrap().render(&event()).unwrap().body,
        "\"evt_abc123def456\""
    );
    assert_eq!(
        Template::compile(&json!([1, "a\"b"])).unwrap().render(&event()).unwrap().body,
        r#"[1,"a\"b"]"#
    );
}

#[test]
fn mistakes_are_found_when_it_is_compiled() {
    let error = |transform: Value| Template::compile(&transform).unwrap_err().to_string();
    assert_eq!(
        error(json!("{{ data.x")),
        "syntax error: unexpected end of input, expected end of variable block"
    );
    assert_eq!(
        error(json!({"a": [1, {"b": "{{ }}"}]})),
        "in .a[1].b: syntax error: unexpected end of variable block"
    );
    assert_eq!(error(json!("\n{% if %}")), "syntax error: unexpected end of block (line 2)");
    assert_eq!(error(json!("{{ id|nofilter }}")), "unknown filter: filter nofilter is unknown");
    assert_eq!(error(json!("{% if id is notest %}{% endif %}")), "unknown test: test notest is unknown");
    assert_eq!(error(json!("x{{id}}".repeat(20_000))), "longer than 64 KiB");
    for refused in [
        "include 'x'",
        "import 'x' as y",
        "macro f()",
        "extends 'x'",
        "-set x = 1",
        "with x = 1",
        "+ block x",
        "do x",
        "filter upper",
        "call f()",
    ] {
        let word = refused.trim_start_matches(['-', '+', ' ']).split(' ').next().unwrap();
        assert_eq!(
            error(json!(format!("{{%{refused} %}}"))),
            format!("the statement {word} can't be used; if and for can")
        );
    }
    let constants = "a list or object written in a template has constants only, as [\"a\", 1]";
    for refused in [
        "[id]",
        "[1, [id]]",
        "{'a': id}",
        "(id, id)",
        "[(1, id)]",
        "[f(id)]",
        "['a' ~ id]",
        "['}}', id]",
        "[id for x]",
        "('x', (id))",
    ] {
        assert_eq!(error(json!(format!("{{{{ {refused} }}}}"))), constants, "{refused}");
    }
    assert_eq!(error(json!("{% raw %}{% x endraw {# {% endraw %}{{ [id] }}")), constants);
    assert!(
        Template::text("{% raw %}[id] {{ [id] }} {% set %}{%- endraw -%}{# {{ [id] }} #}{ [id] }").is_ok()
    );
    assert_eq!(
        error(json!(format!("{{{{ {} }}}}", "-".repeat(1000)))),
        "more than 512 bytes between {{ and }} or {% and %}"
    );
    assert_eq!(error(json!("{% if x %}{% endif %}".repeat(51))), "more than 100 statements");
    assert_eq!(error(json!("{{ x) }}")), "unexpected )");
    for refused in ["[1] * 99", "2 * ([1])", "range(9) * 9"] {
        assert_eq!(
            error(json!(format!("{{{{ {refused} }}}}"))),
            "a list written in a template can't be repeated with *"
        );
    }
    assert!(error(json!("{{ id, id }}")).starts_with("syntax error"));
    assert!(error(json!("{% for x in id, id %}{% endfor %}")).starts_with("syntax error"));
    let deep = (0..200).fold(json!("x"), |inner, _| json!([inner]));
    assert!(error(deep).ends_with("nested more than 128 deep"));
}

#[test]
fn what_cannot_be_rendered_is_an_error() {
    assert_eq!(
        text("{{ data.agentId + 1 }}"),
        Err("invalid operation: tried to use + operator on unsupported types string and number".to_owned())
    );
    assert!(text("{{ frobnicate() }}").is_err());
    assert!(text("{{ namespace(x=1) }}").is_err());
    assert!(text("{{ debug() }}").is_err());
    assert_eq!(
        text("{% for i in range(10000) %}{{ data }}{% endfor %}"),
        Err("the result is longer than 1 MiB".to_owned())
    );
    assert_eq!(
        text("{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}"),
        Err("it takes too long to render".to_owned())
    );
    let half = "{% for i in range(200) %}{% for j in range(200) %}{{ '' }}{% endfor %}{% endfor %}";
    let together =
        |count: usize| Template::compile(&json!(vec![half; count])).unwrap().render(&event()).map(|_| ());
    assert_eq!(together(1), Ok(()));
    assert_eq!(
        together(3).unwrap_err().to_string(),
        "it takes too long to render",
        "the strings share one bound"
    );
}

#[test]
fn hostile_templates_end_soon() {
    let mut deep = json!(1);
    for _ in 0..2000 {
        deep = Value::Array(vec![deep]);
    }
    let deep = Value::Object([("x".to_owned(), deep)].into_iter().collect());
    let error = Template::text("{{ x }}").unwrap().render(&deep).unwrap_err();
    assert_eq!(error.to_string(), "the values are nested more than 128 deep");
    // As long as the guard lets them be.
    for (head, step, tail) in [
        ("{{ 1", "+1", " }}"),
        ("{{ id", "~id", " }}"),
        ("{{ data.items", "+data.items", " }}"),
        ("{{ (data.items", "+data.items", ")|length }}"),
        ("{{ id", "|upper", " }}"),
        ("{{ data.items", "|list", " }}"),
        ("{{ id", ".a", " }}"),
        ("{{ id", "[0]", " }}"),
        ("{{ ", "not ", "id }}"),
        ("{{ ", "-", "1 }}"),
        ("{{ ", "(", ""),
        ("{{ ", "[", ""),
        ("{{ 1", " if 1 else 1", " }}"),
        ("{{ 1", " and 1", " }}"),
        ("{{ 1", "**1", " }}"),
        ("{{ id", " is defined", " }}"),
        ("{{ 'x'", "*9", " }}"),
        ("{{ data.items", "*9", " }}"),
    ] {
        let length = 505 - head.len() - tail.len();
        let _ = text(&format!("{head}{}{tail}", step.repeat(length / step.len())));
    }
    for (head, step, tail) in [
        ("", "{% if id %}", ""),
        ("", "{% for a in data.items recursive %}{{ loop(a) }}", "{% endfor %}"),
        ("{% if nope %}", "{% elif nope %}", "{% endif %}"),
        ("", "{% for a in data.error %}", "{{ a }}"),
    ] {
        let _ = text(&format!("{head}{}{tail}", step.repeat(98)));
        let closed = format!("{head}{}{tail}{}", step.repeat(49), "{% endfor %}".repeat(49));
        let _ = text(&closed);
    }
    for source in [
        "{{ 'x' * 1000000000 }}",
        "{{ range(100000000) }}",
        "{{ ('x' * 100000)|replace('x', 'y' * 100000) }}",
    ] {
        assert!(text(source).is_err(), "{source}");
    }
}

#[test]
fn what_an_event_brings_is_gone_through_a_limited_number_of_times() {
    let items: Vec<Value> = (0..3000).map(Value::from).collect();
    let event = json!({ "items": items });
    let each_in_all = |items: &str| {
        let source =
            format!("{{% for item in items{items} %}}{{% if item in items %}}{{% endif %}}{{% endfor %}}");
        Template::text(&source).unwrap().render(&event).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(each_in_all("[:500]"), Ok(()));
    assert_eq!(each_in_all(""), Err("it takes too long to render".to_owned()));
}

#[test]
fn a_template_is_shared_by_many_tasks() {
    fn is_shared<T: Send + Sync + Clone>(_: &T) {}
    let template = Template::compile(&json!({ "id": "{{id}}" })).unwrap();
    is_shared(&template);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let template = template.clone();
            scope.spawn(move || {
                for _ in 0..100 {
                    assert_eq!(
                        template.render(&json!({ "id": number })).unwrap().body,
                        format!("{{\"id\":\"{number}\"}}")
                    );
                }
            });
        }
    });
}
