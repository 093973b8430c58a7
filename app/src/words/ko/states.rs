//! States, reasons and what would help, in Korean.

use wire::{AttemptResult, DeliveryStatus, EndpointState, Outcome, Reason, RunStatus, Trigger, Verification};

pub(super) fn status(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Pending => "대기",
        DeliveryStatus::Delivering => "전송 중",
        DeliveryStatus::Retrying => "재시도 중",
        DeliveryStatus::Held => "보류",
        DeliveryStatus::Delivered => "전송됨",
        DeliveryStatus::Failed => "실패",
        DeliveryStatus::Cancelled => "취소됨",
    }
}

pub(super) fn state(state: EndpointState) -> &'static str {
    match state {
        EndpointState::Healthy => "정상",
        EndpointState::Degraded => "불안정",
        EndpointState::Failing => "장애",
        EndpointState::Paused => "일시 중지",
        EndpointState::Misconfigured => "구성 오류",
        EndpointState::Idle => "유휴",
    }
}

pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Dns => "호스트를 찾을 수 없음",
        Reason::ConnectRefused => "연결 거부됨",
        Reason::ConnectTimeout => "연결 시간 초과",
        Reason::ConnectionReset => "연결 끊김",
        Reason::Tls => "TLS 실패",
        Reason::Timeout => "응답 시간 초과",
        Reason::Http3xx => "리디렉션됨",
        Reason::Http4xx => "거부됨",
        Reason::Http429 => "요청이 너무 많음",
        Reason::Http410 => "사라짐(410)",
        Reason::Http5xx => "수신자 오류",
        Reason::BodyTimeout => "응답이 끝나지 않음",
        Reason::InvalidResponse => "HTTP 응답이 아님",
        Reason::BlockedAddress => "허용되지 않은 주소",
        Reason::TransformError => "변환 실패",
        Reason::Misconfigured => "구성 오류",
    }
}

pub(super) fn hint(reason: Reason) -> &'static str {
    match reason {
        Reason::Dns => "URL의 호스트 이름과 DNS 레코드를 확인하십시오.",
        Reason::ConnectRefused => {
            "해당 포트에서 응답하는 서비스가 없습니다. 수신자가 실행 중인지, 포트가 맞는지 확인하십시오."
        }
        Reason::ConnectTimeout => "호스트가 응답하지 않습니다. 주소와 중간 방화벽을 확인하십시오.",
        Reason::ConnectionReset => {
            "수신자가 응답 전에 연결을 끊었습니다. 수신자와 중간 프록시의 로그를 확인하십시오."
        }
        Reason::Tls => "인증서의 이름, 만료일, 체인을 확인하십시오.",
        Reason::Timeout => "먼저 응답한 뒤 처리하도록 바꾸거나 timeoutMs를 늘리십시오.",
        Reason::Http3xx => "리디렉션은 따라가지 않습니다. 최종 URL을 구성에 입력하십시오.",
        Reason::Http4xx => {
            "수신자가 요청을 거부했습니다. 응답에서 이유를 확인하고 경로, 헤더, 비밀 키를 점검하십시오."
        }
        Reason::Http429 => "수신자가 요청을 줄이기를 원합니다. 이 엔드포인트에 rateLimit을 설정하십시오.",
        Reason::Http410 => {
            "수신자가 영구히 사라져 엔드포인트를 일시 중지했습니다. 잘못된 응답이었다면 재개하십시오."
        }
        Reason::Http5xx => "수신자 내부 오류입니다. 수신자의 로그를 확인하십시오.",
        Reason::BodyTimeout => {
            "응답이 시작되었지만 끝나지 않았습니다. 본문을 짧게 하거나 비워서 응답하십시오."
        }
        Reason::InvalidResponse => "HTTP가 아닌 응답입니다. 포트와 http/https 구분을 확인하십시오.",
        Reason::BlockedAddress => "사설 주소는 차단됩니다. 신뢰하는 주소라면 network.allow에 추가하십시오.",
        Reason::TransformError => "엔드포인트의 transform에 쓴 이름을 이벤트와 비교하십시오.",
        Reason::Misconfigured => "엔드포인트 상태에 표시된 구성 항목을 수정하십시오.",
    }
}

pub(super) fn trigger(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Schedule => "자동",
        Trigger::Manual => "재전송",
        Trigger::Test => "테스트",
    }
}

pub(super) fn result(result: AttemptResult) -> &'static str {
    match result {
        AttemptResult::Delivered => "성공",
        AttemptResult::Failed => "실패",
    }
}

pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "접수됨",
        Outcome::Refused => "거부됨",
        Outcome::Duplicate => "중복",
    }
}

pub(super) fn verification(verification: Verification) -> &'static str {
    match verification {
        Verification::Passed => "검증됨",
        Verification::Failed => "검증 실패",
        Verification::None => "검증 안 함",
    }
}

pub(super) fn run(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => "실행 대기",
        RunStatus::Running => "에이전트 실행 중",
        RunStatus::Succeeded => "에이전트 답변 완료",
        RunStatus::Failed => "실행 실패",
        RunStatus::Accepted => "에이전트 접수",
    }
}

/// The gateway's own words for a state, where they are always the same.
pub(super) fn state_reason(reason: &str) -> Option<String> {
    let known = match reason {
        "paused by a person" => "사용자가 일시 중지했습니다",
        "enabled is false in the configuration" => "구성에서 enabled가 false입니다",
        "the last attempt failed" => "마지막 시도가 실패했습니다",
        "the receiver answered 410 Gone" => "수신자가 410 Gone으로 응답했습니다",
        reason => {
            let (failed, rest) = reason.split_once(" of the last ")?;
            let all = rest.strip_suffix(" attempts failed")?;
            return Some(format!("최근 시도 {all}건 중 {failed}건 실패"));
        }
    };
    Some(known.to_owned())
}
