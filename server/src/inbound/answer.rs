//! What an answer of the agent means for a run.

use crate::echo::Echoes;
use crate::net::Answer;
use serde_json::Value;
use wire::{Reason, Usage};

/// How asking the agent ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// It took the task and says how that went.
    Done(Told),
    /// It took the task and says no more (an OpenClaw that doesn't wait for the end).
    Taken(Told),
    /// It took the task, or may have, and it failed.
    Failed(Told, String),
    /// It did not take it: nobody is there, or it is too busy. It is asked again.
    Away(String),
    /// It takes nothing from us: the token is wrong, or this way of asking is switched off. It is asked again, for it
    /// is people who mend that.
    Refused(String),
}

/// What it told of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Its own id of the run.
    pub agent_run_id: Option<String>,
    /// The reply.
    pub reply: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// What it used.
    pub usage: Option<Usage>,
}

/// What no answer at all means: only a failure to connect proves that nothing was taken.
pub fn of_failure(reason: Reason, detail: String) -> Asked {
    match reason {
        Reason::Dns
        | Reason::ConnectRefused
        | Reason::ConnectTimeout
        | Reason::Tls
        | Reason::BlockedAddress => Asked::Away(detail),
        Reason::ConnectionReset
        | Reason::Timeout
        | Reason::Http3xx
        | Reason::Http4xx
        | Reason::Http429
        | Reason::Http410
        | Reason::Http5xx
        | Reason::BodyTimeout
        | Reason::InvalidResponse
        | Reason::TransformError
        | Reason::Misconfigured => Asked::Failed(
            Told::default(),
            format!("no answer: {detail}; the task may have been done all the same"),
        ),
    }
}

/// What an answer means, to `/hooks/agent` or (`chat`) to `/v1/chat/completions`. Whatever is taken from it is kept, shown
/// and sent on: nothing of it shows what the agent was sent in confidence.
pub fn of(answer: &Answer, chat: bool, echoes: &Echoes) -> Asked {
    let (text, json) = echoes.read(&answer.body);
    let says = || {
        let error = &json["error"];
        let words = error["message"].as_str().or(error.as_str()).unwrap_or(text.trim());
        let words: String = words.chars().take(500).collect();
        if words.is_empty() { String::new() } else { format!(": {words}") }
    };
    match answer.status {
        200..=299 if chat => completion(&json),
        200..=299 => hook(&json, answer.status),
        429 | 503 => Asked::Away(format!("OpenClaw takes nothing now: HTTP {}{}", answer.status, says())),
        401 | 403 => {
            Asked::Refused(format!("OpenClaw refuses webhooks.agent.token: HTTP {}{}", answer.status, says()))
        }
        404 | 405 => {
            let key = if chat { "gateway.http.endpoints.chatCompletions" } else { "hooks" };
            Asked::Refused(format!("OpenClaw has {key} switched off: HTTP {}{}", answer.status, says()))
        }
        status => Asked::Failed(Told::default(), format!("HTTP {status}{}", says())),
    }
}

fn hook(json: &Value, status: u16) -> Asked {
    let told = Told { agent_run_id: json["runId"].as_str().map(str::to_owned), ..Told::default() };
    let Some(completion) = json.get("completion") else {
        return if json["ok"] == true {
            Asked::Taken(told)
        } else {
            let why = format!("the answer is none that OpenClaw gives: HTTP {status} without \"ok\": true");
            Asked::Failed(told, why)
        };
    };
    match completion["status"].as_str() {
        Some("ok") => Asked::Done(told),
        // Why is told by an event alone, if the plugin is there to send it.
        Some("error") => Asked::Failed(told, "the agent's run failed".to_owned()),
        Some("skipped") => Asked::Failed(told, "the agent skipped the run".to_owned()),
        Some(_) | None => Asked::Taken(told),
    }
}

fn completion(json: &Value) -> Asked {
    let reply = json["choices"][0]["message"]["content"].as_str();
    let tokens = |key: &str| json["usage"][key].as_u64().unwrap_or(0);
    let told = Told {
        agent_run_id: json["id"].as_str().map(str::to_owned),
        reply: reply.map(str::to_owned),
        model: json["model"].as_str().map(str::to_owned),
        usage: json["usage"].is_object().then(|| Usage {
            input_tokens: tokens("prompt_tokens"),
            output_tokens: tokens("completion_tokens"),
        }),
    };
    match reply {
        Some(_) => Asked::Done(told),
        None => Asked::Failed(told, "the answer holds no reply".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(status: u16, body: &str, chat: bool) -> Asked {
        let body = body.to_owned().into();
        let answer = Answer { status, headers: Vec::new(), body, truncated: false, body_ended: true };
        of(&answer, chat, &Echoes::of(["agent-token"]))
    }

    #[test]
    fn a_hooks_answer_tells_how_it_ended_but_not_what_was_said() {
        let told = Told { agent_run_id: Some("r".to_owned()), ..Told::default() };
        let ended = |status: &str| {
            json!({ "ok": true, "runId": "r", "completion": { "status": status, "replyDisposition": "visible" } }).to_string()
        };
        assert_eq!(asked(200, &ended("ok"), false), Asked::Done(told.clone()));
        assert!(
            matches!(asked(200, &ended("error"), false), Asked::Failed(_, why) if why.contains("failed"))
        );
        assert!(
            matches!(asked(200, &ended("skipped"), false), Asked::Failed(_, why) if why.contains("skipped"))
        );
        assert_eq!(asked(200, r#"{"ok":true,"runId":"r"}"#, false), Asked::Taken(told));
        assert!(matches!(asked(200, "<html>", false), Asked::Failed(..)));
    }

    #[test]
    fn a_chats_answer_has_the_reply() {
        let body = r#"{"id":"chatcmpl_1","model":"openclaw/ops","choices":[{"index":0,"message":{"role":"assistant",
            "content":"done"},"finish_reason":"stop"}],"usage":{"prompt_tokens":111,"completion_tokens":22,"total_tokens":133}}"#;
        let told = Told {
            agent_run_id: Some("chatcmpl_1".to_owned()),
            reply: Some("done".to_owned()),
            model: Some("openclaw/ops".to_owned()),
            usage: Some(Usage { input_tokens: 111, output_tokens: 22 }),
        };
        assert_eq!(asked(200, body, true), Asked::Done(told));
        assert!(matches!(asked(200, "{}", true), Asked::Failed(..)));
    }

    #[test]
    fn the_agents_token_is_in_nothing_that_it_says() {
        let body = r#"{"id":"agent-token","model":"agent-token","choices":[{"message":{"content":"Bearer agent-token"}}],
            "error":"Bearer agent-token"}"#;
        for status in [200, 401, 404, 500, 503] {
            for chat in [true, false] {
                let asked = format!("{:?}", asked(status, body, chat));
                assert!(
                    !asked.contains("agent-token") && (!chat || asked.contains("Bearer ••••")),
                    "{asked}"
                );
            }
        }
        // Where it is cut, nothing is left of one that is cut through.
        let long = format!("{}agent-token", "x".repeat(495));
        assert!(!format!("{:?}", asked(500, &long, true)).contains("xagent"));
    }

    #[test]
    fn only_what_was_surely_not_taken_is_asked_again() {
        for status in [429, 503] {
            assert!(
                matches!(asked(status, r#"{"ok":false,"error":"busy"}"#, false), Asked::Away(why) if why.ends_with(": busy"))
            );
        }
        for status in [401, 403, 404, 405] {
            assert!(matches!(asked(status, "Unauthorized", true), Asked::Refused(_)), "{status}");
        }
        for status in [400, 409, 500, 502, 301] {
            assert!(
                matches!(asked(status, r#"{"error":{"message":"no"}}"#, true), Asked::Failed(_, why) if why == format!("HTTP {status}: no"))
            );
        }
        for reason in [Reason::ConnectRefused, Reason::Dns, Reason::ConnectTimeout] {
            assert!(matches!(of_failure(reason, String::new()), Asked::Away(_)));
        }
        for reason in [Reason::Timeout, Reason::ConnectionReset] {
            assert!(matches!(of_failure(reason, String::new()), Asked::Failed(..)));
        }
    }
}
