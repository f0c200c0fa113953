# Writes OUTPUT, a C++ file with the text of each file of the list SOURCES; see lang/StandardLibrary.h.
set(arrays "")
set(entries "")
set(index 0)
foreach(source IN LISTS SOURCES)
  file(READ ${source} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  get_filename_component(name ${source} NAME)
  string(APPEND arrays "const unsigned char text${index}[] = {${bytes}0};\n")
  string(APPEND entries
         "    {\"std/${name}\", {reinterpret_cast<const char *>(text${index}), sizeof(text${index}) - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"lang/StandardLibrary.h\"

namespace nnc::lang {
namespace {
${arrays}const StandardSource sources[] = {
${entries}    {},
};
} // namespace

std::span<const StandardSource> standardSources() { return {sources, ${index}}; }
} // namespace nnc::lang
")
