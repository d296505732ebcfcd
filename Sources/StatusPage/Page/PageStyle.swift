/// The style sheet of the page.
///
/// Colours are variables with a dark and a light value each; every pair of text and ground has a contrast of 4.5 to 1 or
/// more, marks in charts 3 to 1 or more. Fonts are the reader's own.
enum PageStyle {
    static let sheet: StaticString = """
        :root{color-scheme:light dark;
        --ground:#fcfcfb;--raised:#f3f3f0;--line:#dddcd6;--ink:#1c1d1f;--soft:#5b5e63;
        --accent:#0b6480;--fill:#0b648022;--bad:#a3160f;--warn:#8a4b00;--good:#1f6a3a;
        --s5:#7d1128;--s4:#b3261e;--s3:#9c5800;--s2:#0f6c8c;--s1:#666a70}
        @media (prefers-color-scheme:dark){:root{
        --ground:#131518;--raised:#1b1e22;--line:#31353b;--ink:#e4e5e7;--soft:#a1a6ad;
        --accent:#6cc1dc;--fill:#6cc1dc2b;--bad:#ff8f85;--warn:#f0b35c;--good:#7fcf9a;
        --s5:#ff7d9c;--s4:#ff8f85;--s3:#e8a850;--s2:#6cc1dc;--s1:#a1a6ad}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--ground);color:var(--ink);
        font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
        body>*{max-width:1240px;margin-inline:auto;padding-inline:20px}
        h1,h2,h3,p,figure,dl,dd,ul,ol{margin:0;padding:0}
        ul,ol{list-style:none}
        h1{font-size:17px;font-weight:650;letter-spacing:-.01em}
        h2{font-size:14px;font-weight:650}
        a{color:var(--accent)}
        :focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
        .skip{position:absolute;left:-999px}
        .skip:focus{left:8px;top:8px;background:var(--ground);padding:6px 10px;z-index:2}
        code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.92em}
        .soft{color:var(--soft)}.bad{color:var(--bad)}.warn{color:var(--warn)}.good{color:var(--good)}
        header{padding-block:18px 14px}
        .masthead{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline}
        .masthead .source{overflow-wrap:anywhere}
        .masthead .now{margin-left:auto}
        .state{font-weight:600}
        .state::before{content:"";display:inline-block;width:9px;height:9px;border-radius:50%;
        background:currentColor;margin-right:6px}
        .reasons{margin-top:8px;border-left:3px solid var(--warn);padding-left:10px}
        .reasons li{overflow-wrap:anywhere}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));
        border-block:1px solid var(--line)}
        .figures>div{padding:10px 14px 10px 0}
        .figures dt{color:var(--soft);font-size:12.5px}
        .figures dd{font-size:22px;font-weight:600;letter-spacing:-.02em;line-height:1.25}
        .figures dd small{font-size:12.5px;font-weight:400;color:var(--soft);letter-spacing:0}
        section{padding-block:20px 4px}
        section>header{display:flex;flex-wrap:wrap;gap:2px 12px;align-items:baseline;padding:0 0 8px}
        .pair{display:grid;grid-template-columns:1fr 1fr;gap:0 36px}
        .pair>*{min-width:0}
        figcaption{display:flex;flex-wrap:wrap;gap:0 10px;justify-content:space-between;margin-bottom:4px}
        figcaption strong{font-weight:650}
        .plot{position:relative;padding-left:42px}
        .plot svg{display:block;width:100%;height:120px}
        .plot .top,.plot .zero{position:absolute;left:0;width:36px;text-align:right;font-size:11.5px;color:var(--soft);
        line-height:1}
        .plot .top{top:-2px}.plot .zero{bottom:-2px}
        .axis{display:flex;justify-content:space-between;font-size:11.5px;color:var(--soft);padding:4px 0 0 42px}
        .axis.wide{padding-left:0}
        svg .grid,svg .base{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
        svg .area{fill:var(--fill)}
        svg .level{fill:none;stroke:var(--accent);stroke-width:1.5;vector-effect:non-scaling-stroke}
        svg .s5{fill:var(--s5)}svg .s4{fill:var(--s4)}svg .s3{fill:var(--s3)}svg .s2{fill:var(--s2)}svg .s1{fill:var(--s1)}
        svg .bar{fill:var(--accent)}
        .timeline{display:block;width:100%;height:72px}
        .spark{width:164px;padding:3px 14px}
        .spark svg{display:block;width:100%;height:22px}
        .bars{width:30%}
        .bars svg{display:block;width:100%;height:9px}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%}
        caption{position:absolute;left:-999px}
        th,td{text-align:left;padding:4px 14px 4px 0;border-bottom:1px solid var(--line);vertical-align:baseline}
        th:last-child,td:last-child{padding-right:0}
        thead th{font-weight:400;font-size:12.5px;color:var(--soft);white-space:nowrap}
        tbody th{font-weight:400}
        .n{text-align:right;white-space:nowrap}
        td,tbody th{overflow-wrap:anywhere}
        .n,.keep{overflow-wrap:normal}
        .keep{white-space:nowrap}
        .none{color:var(--soft);padding-bottom:8px}
        .findings{border-top:1px solid var(--line);margin-top:10px}
        .finding{border-bottom:1px solid var(--line)}
        .finding summary{display:grid;grid-template-columns:88px minmax(0,1fr) auto;gap:2px 12px;padding:7px 0;
        cursor:pointer;align-items:baseline;list-style:none}
        .finding summary::-webkit-details-marker{display:none}
        .finding summary:hover{background:var(--raised)}
        .badge{white-space:nowrap;font-size:12px;font-weight:650;text-transform:uppercase;letter-spacing:.03em}
        .badge.s5{color:var(--s5)}.badge.s4{color:var(--s4)}.badge.s3{color:var(--s3)}.badge.s2{color:var(--s2)}
        .badge.s1{color:var(--s1)}
        .badge.s5::before,.badge.s4::before,.badge.s3::before,.badge.s2::before,.badge.s1::before{content:"";
        display:inline-block;width:4px;height:11px;background:currentColor;margin-right:7px;vertical-align:-1px}
        .finding .what strong{font-weight:600}
        .finding .what span{display:block;color:var(--soft);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
        .finding[open] .what span{white-space:normal;color:var(--ink)}
        .finding .when{color:var(--soft);white-space:nowrap;text-align:right}
        .finding .when span{display:block;font-size:12.5px}
        .detail{padding:2px 0 14px 100px}
        .facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 14px;margin-bottom:10px}
        .facts dt{color:var(--soft)}
        .facts dd{overflow-wrap:anywhere}
        .facts dd span{display:block}
        .detail table{font-size:13px;min-width:760px}
        .more{padding:8px 0}
        footer{padding-block:22px 34px;color:var(--soft);font-size:12.5px}
        #live::before{content:"";display:inline-block;width:7px;height:7px;border-radius:50%;background:currentColor;
        margin-right:5px}
        @media (max-width:760px){
        body>*{padding-inline:14px}
        .pair{grid-template-columns:1fr}
        .pair>section+section,.pair>figure+figure{margin-top:14px}
        .opt{display:none}
        .figures{grid-template-columns:repeat(3,1fr)}
        .figures dd{font-size:19px}
        .figures dd small{display:block}
        .masthead .now{margin-left:0}
        .finding summary{grid-template-columns:minmax(0,1fr) auto}
        .finding .what{grid-column:1/-1;grid-row:2}
        .finding .when span{display:none}
        .detail{padding-left:0}
        .finding .what span{white-space:normal;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2}
        .finding[open] .what span{display:block}
        th,td{padding-right:10px}
        .spark{width:94px;padding-inline:8px 10px}}
        @media print{.skip,#live{display:none}}
        @media (prefers-reduced-motion:no-preference){.fresh{animation:fresh 1.6s ease-out}
        @keyframes fresh{from{background:var(--fill)}}}
        """
}
