//! Keys, commands, theme, language, selected rows and saved views, in Korean.

use crate::choice::Theme;
use crate::words::console::Console;

pub(in crate::words) static CONSOLE: Console = Console {
    keys_long: "입력란에 입력하는 동안에는 동작하지 않습니다.",
    key_search: "이벤트 로그 검색",
    key_move: "아래로, 위로 이동",
    key_open: "행 열기",
    key_redeliver: "행 재전송",
    key_select: "행 선택",
    key_range: "이 행까지 선택",
    key_endpoints: "엔드포인트로 이동",
    key_log: "이벤트 로그로 이동",
    key_inbound: "수신 목록으로 이동",
    key_settings: "설정으로 이동",
    key_commands: "명령",
    key_help: "단축키 안내",
    key_close: "닫기, 또는 개요로 돌아가기",

    command: "명령 검색",
    command_example: "페이지, 엔드포인트, 작업",
    command_none: "일치하는 명령이 없습니다.",
    command_busy: "실행 중…",
    go: |place| format!("이동: {place}"),
    check: |name| format!("상태 확인: {name}"),
    pause: |name| format!("일시 중지: {name}"),
    resume: |name| format!("재개: {name}"),
    test: |name| format!("테스트 이벤트 전송: {name}"),
    show: |which| format!("전송 보기: {which}"),
    api: "API 문서",

    theme: "테마",
    theme_of,
    theme_to: |theme| format!("테마: {theme}"),
    language: "언어",
    language_to: |language| format!("언어: {language}"),

    again: "재전송할까요?",
    again_sure: |what| {
        format!("이미 전송된 항목입니다: {what}. 수신자는 같은 이벤트 ID로 한 번 더 받게 됩니다.")
    },
    again_yes: "재전송합니다",
    again_no: "그대로 두기",

    selected: |count| format!("{count}건 선택됨"),
    selected_count: "확인 중…",
    selected_matched: |count| format!("{count}건을 재전송합니다."),
    selected_most: "한 번에 최대 500건까지 가능합니다.",
    redeliver_selected: "선택 항목 재전송…",
    clear: "선택 해제",

    views: "보기",
    last_hour: "최근 1시간",
    view_name: "보기 이름",
    view_save: "보기 저장",
    view_remove: |name| format!("{name} 삭제"),
    views_here: "이 브라우저에만 저장됩니다.",
    copy_link: "링크 복사",
};

fn theme_of(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "시스템",
        Theme::Dark => "어둡게",
        Theme::Light => "밝게",
    }
}
